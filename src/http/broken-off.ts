// A client that goes away before its body is complete. Parsers hear of it only once they listen, which may be too late.
import type { IncomingMessage } from 'node:http'
import { AppError } from '../errors.ts'

/** `work`, or an end to it when the client has gone or goes. @throws AppError invalid_request then */
export async function unlessBrokenOff<T>(req: IncomingMessage, work: () => Promise<T>): Promise<T> {
  let end: (why: AppError) => void = () => undefined
  const brokenOff = new Promise<never>((_, reject) => {
    end = reject
  })
  const tell = () => {
    if (!req.readableEnded) end(new AppError('invalid_request', { message: 'The upload broke off.' }))
  }
  req.once('close', tell)
  if (req.destroyed) tell()
  try {
    return await Promise.race([work(), brokenOff])
  } finally {
    req.off('close', tell)
  }
}
