// An answer given before the body was read: the client gets a moment to see it, then the upload stops.
import type { Middleware } from 'koa'

// Closing at once would reset the connection, and the client might never see why.
const lingerMs = 2_000

export const stopUnreadBody: Middleware = async (ctx, next) => {
  ctx.res.once('finish', () => {
    const { req } = ctx
    if (req.complete || req.destroyed) return
    req.resume()
    const timer = setTimeout(() => req.socket.destroy(), lingerMs)
    req.once('close', () => clearTimeout(timer))
  })
  await next()
}
