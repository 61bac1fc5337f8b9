// How often a failed edit is worth another call, and after which pause.
import { AppError, type RetryHint } from '../../errors.ts'
import { unreachableCodes } from '../../lib/network-errors.ts'

export const never: RetryHint = { atMost: 0, afterMs: 0 }
export const once: RetryHint = { atMost: 1, afterMs: 1_000 }
export const twice: RetryHint = { atMost: 2, afterMs: 1_000 }
/** A server of one's own may be starting, or may be freeing its memory. */
export const onceLater: RetryHint = { atMost: 1, afterMs: 2_000 }

/** A call that got no whole answer. */
export function toConnectionFailure(error: unknown, isSelfHosted: boolean): unknown {
  if (!(error instanceof AppError)) return error
  // What has reached the server may have been made, and is paid for.
  if (!wasNeverSent(error.cause)) return withRetry(error, once)
  return withRetry(error, isSelfHosted ? onceLater : twice)
}

const neverSent = new Set([...unreachableCodes, 'UND_ERR_CONNECT_TIMEOUT'])

const wasNeverSent = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && neverSent.has(String(cause.code))

/** The same failure with another hint. */
export function withRetry(error: AppError, retryHint: RetryHint): AppError {
  const { code, message, details, cause } = error
  return new AppError(code, { message, ...(details && { details }), cause, retryHint })
}
