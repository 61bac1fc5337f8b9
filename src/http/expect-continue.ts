// `Expect: 100-continue`: the booth sends its photo only after we say so, which is after all that the headers can tell.
import type { Server } from 'node:http'
import type { Context } from 'koa'
import { type BodyPace, defaultBodyPace, watchBodyPace } from './slow-body.ts'

/** Without a listener Node says "100 Continue" by itself, before any of our code has looked at the request. */
export function leaveContinueToHandlers(server: Server): void {
  server.on('checkContinue', (req, res) => server.emit('request', req, res))
  // Any other expectation may be passed over (RFC 9110); by itself Node would answer 417, in a shape that is not ours.
  server.on('checkExpectation', (req, res) => server.emit('request', req, res))
}

/** Asks the client for the body if it waits to be asked, then reads it, as long as it keeps coming. */
export async function readBody<T>(ctx: Context, read: () => Promise<T>): Promise<T> {
  if (/^100-continue$/i.test(ctx.get('expect'))) ctx.res.writeContinue()
  const pace: BodyPace = ctx.state.bodyPace ?? defaultBodyPace
  const stopWatching = watchBodyPace(ctx.req, pace)
  try {
    return await read()
  } finally {
    stopWatching()
  }
}
