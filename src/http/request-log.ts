// One line for each request, and an id by which an answer can be found in the log.
import type { Middleware } from 'koa'
import { newId } from '../lib/id.ts'
import type { Log } from '../lib/log.ts'

// Asked all day long by machines.
const quietPaths = new Set(['/healthz', '/readyz', '/metrics'])

/** nginx's status for a client that went away before its answer was complete. */
const clientClosedRequest = 499

/** Handlers may put fields for the line into `ctx.state.log`. The query is left out: links carry signatures. */
export function requestLog(log: Log): Middleware {
  return async (ctx, next) => {
    const startedAt = performance.now()
    ctx.state.requestId = newId()
    ctx.set('X-Request-Id', ctx.state.requestId)
    ctx.res.once('close', () => {
      const isHungUp = !ctx.res.writableFinished
      const level = ctx.status >= 500 ? 'warn' : quietPaths.has(ctx.path) ? 'debug' : 'info'
      log[level](
        {
          request: ctx.state.requestId,
          method: ctx.method,
          path: ctx.path,
          status: isHungUp ? clientClosedRequest : ctx.status,
          ms: Math.round((performance.now() - startedAt) * 10) / 10,
          bytes: ctx.length ?? null,
          address: ctx.ip,
          ...(ctx.state.errorCode ? { code: ctx.state.errorCode } : {}),
          ...ctx.state.log,
        },
        'request.done',
      )
    })
    await next()
  }
}
