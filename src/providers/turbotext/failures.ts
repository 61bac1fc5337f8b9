// What each of Turbotext's failures means here, and whether asking again within the window may help.
// Every accepted create_queue is paid for, so what may have been accepted is never asked for again.
import { AppError, type ErrorCode, type RetryHint } from '../../errors.ts'
import type { Answer } from './answer.ts'

const never: RetryHint = { atMost: 0, afterMs: 0 }

interface Meaning {
  code: ErrorCode
  message: string
  retryHint?: RetryHint
}

const tooLarge: Meaning = {
  code: 'bad_input',
  message: 'The photo or a reference picture is too large for Turbotext.',
}

const noFace: Meaning = {
  code: 'bad_input',
  message: 'Turbotext found no face. Please look into the camera; a face template must show one face, too.',
}

/** By the vendor's word for it, in lower case. */
const complaints = new Map<string, Meaning>(
  Object.entries({
    limit: {
      code: 'quota_exhausted',
      message: 'The photo attempts of the Turbotext tariff are used up.',
    },
    url_error: {
      code: 'auth_config',
      message:
        'Turbotext could not fetch the photo from PHOTOCHANGER_PUBLIC_URL: this address must be reachable from the Internet.',
    },
    params_error: {
      code: 'bad_input',
      message: "Turbotext does not accept these parameters; check the slot's settings.",
    },
    size_error: tooLarge,
    face_not_detected: noFace,
    face_not_found: noFace,
    quality_limit: {
      code: 'bad_input',
      message: 'The photo is not good enough for Turbotext: too small, too dark or blurred.',
    },
    provider_busy: {
      code: 'provider_unavailable',
      message: 'Turbotext is too busy to take the photo.',
      retryHint: { atMost: 1, afterMs: 2_000 },
    },
  }),
)

/** What an answer says went wrong; undefined when it does not complain, or only in words that are not known here. */
export function findComplaint(answer: Answer, details: Record<string, unknown>): AppError | undefined {
  if (answer.isForbidden) {
    return new AppError('content_blocked', { message: 'Turbotext refused this photo.', details })
  }
  if (answer.isSuccess === true) return undefined
  for (const words of answer.complaints) {
    const meaning = complaints.get(words.toLowerCase())
    if (!meaning) continue
    const { code, ...options } = meaning
    return new AppError(code, { ...options, details: { ...details, vendor_error: words } })
  }
  return undefined
}

/** What a status that is no success means by itself. */
export function toStatusFailure(status: number, details: Record<string, unknown>): AppError {
  const fail = (code: ErrorCode, message: string) => new AppError(code, { message, details })
  if (status === 401 || status === 403) {
    return fail(
      'auth_config',
      'Turbotext does not accept the API key. The key works with a paid VIP tariff alone: check both.',
    )
  }
  if (status === 413) return fail('bad_input', tooLarge.message)
  if (status === 429) return fail('rate_limited', 'Turbotext limits the rate of calls.')
  if (status >= 500) return fail('provider_unavailable', `Turbotext is not available now (HTTP ${status}).`)
  if (status >= 400) return fail('bad_input', `Turbotext does not accept this request (HTTP ${status}).`)
  return fail('bad_response', `Turbotext answered with HTTP ${status}.`)
}

export const toBadAnswer = (message: string, details: Record<string, unknown>): AppError =>
  new AppError('bad_response', { message, details, retryHint: never })

/** How often create_queue may be asked again, which has no reference yet that could be resumed. */
export function withSubmitHint(error: AppError): AppError {
  if (error.retryHint) return error
  const status = error.details?.http_status
  switch (error.code) {
    case 'provider_unavailable':
      if (typeof status === 'number' && status >= 500) return withHint(error, { atMost: 2, afterMs: 2_000 })
      // An answer that broke off was the answer to a call that had been accepted.
      return withHint(error, status === undefined ? { atMost: 1, afterMs: 500 } : never)
    case 'rate_limited':
    case 'bad_response':
      return withHint(error, never)
    default:
      return error
  }
}

export const withHint = (error: AppError, retryHint: RetryHint): AppError => copy(error, { retryHint })

export const withDetails = (error: AppError, details: Record<string, unknown>): AppError =>
  copy(error, { details: { ...error.details, ...details } })

function copy(
  error: AppError,
  changes: { retryHint?: RetryHint; details?: Record<string, unknown> },
): AppError {
  const { code, message, cause } = error
  const details = changes.details ?? error.details
  const retryHint = changes.retryHint ?? error.retryHint
  return new AppError(code, { message, cause, ...(details && { details }), ...(retryHint && { retryHint }) })
}
