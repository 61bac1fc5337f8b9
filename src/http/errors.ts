// The one mapper from errors to HTTP: status, the one JSON shape, and a log entry for what nobody expected.
import { Readable } from 'node:stream'
import type { Context, Middleware } from 'koa'
import { AppError, toErrorBody } from '../errors.ts'
import type { Log } from '../lib/log.ts'
import { untilFirstByte } from './first-byte.ts'

/** Of a body that did not come. */
const bodyHeaders = [
  'Content-Length',
  'Content-Range',
  'Content-Disposition',
  'Accept-Ranges',
  'ETag',
  'Last-Modified',
]

export function errorAnswers(log: Log): Middleware {
  return async (ctx, next) => {
    try {
      await next()
      if (ctx.status === 404 && ctx.body === undefined) throw new AppError('not_found')
      if ((ctx.status === 405 || ctx.status === 501) && ctx.body === undefined)
        throw new AppError('method_not_allowed')
      // A body of a known length is a file; others, such as events, may have nothing to say for long.
      if (ctx.body instanceof Readable && ctx.length !== undefined && ctx.method !== 'HEAD')
        await untilFirstByte(ctx.body)
    } catch (error) {
      answerError(ctx, error, log)
    }
  }
}

function answerError(ctx: Context, error: unknown, log: Log): void {
  const known = error instanceof AppError ? error : new AppError('internal_error', { cause: error })
  const details = known.code === 'internal_error' ? { correlation_id: ctx.state.requestId } : {}
  if (known.status >= 500) {
    const cause = known === error ? known.cause : error
    const level = known.code === 'internal_error' ? 'error' : 'warn'
    if (cause !== undefined) log[level]({ request: ctx.state.requestId, err: cause }, 'request.failed')
  }
  for (const name of bodyHeaders) ctx.remove(name)
  ctx.state.errorCode = known.code
  ctx.status = known.status
  ctx.set('Cache-Control', 'no-store')
  if (known.retryAfterSec !== undefined) ctx.set('Retry-After', String(known.retryAfterSec))
  ctx.body = toErrorBody(known, details)
}
