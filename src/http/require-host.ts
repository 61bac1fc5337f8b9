// HTTP/1.1 wants a Host header. Node refuses without one by itself, in a shape that is not ours.
import type { Middleware } from 'koa'
import { AppError } from '../errors.ts'

export const requireHost: Middleware = async (ctx, next) => {
  const { httpVersion, headers } = ctx.req
  if (headers.host === undefined && httpVersion !== '1.0')
    throw new AppError('invalid_request', {
      message: 'The request has no Host header.',
      details: { field: 'host' },
    })
  await next()
}
