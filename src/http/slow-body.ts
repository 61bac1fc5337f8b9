// Ends uploads that hardly move. Only while the body is wanted and not here: a booth that waits for its picture has sent
// everything, and what we are too busy to read is not the client's fault.
import type { IncomingMessage } from 'node:http'
import { AppError } from '../errors.ts'
import { answerAndClose } from './raw-answer.ts'

export interface BodyPace {
  /** In each stretch of this length … */
  windowMs: number
  /** … so much must arrive. */
  leastBytes: number
}

/** 1 KiB a second, with room for a radio link that stands still for a while. */
export const defaultBodyPace: BodyPace = { windowMs: 20_000, leastBytes: 20 * 1024 }

/** Returns what ends the watching. */
export function watchBodyPace(req: IncomingMessage, { windowMs, leastBytes }: BodyPace): () => void {
  const { socket } = req
  let before = socket.bytesRead
  const timer = setInterval(() => {
    const arrived = socket.bytesRead - before
    before = socket.bytesRead
    if (req.complete || req.destroyed || arrived >= leastBytes) return
    const isOurFault = req.isPaused() || req.readableLength >= req.readableHighWaterMark
    if (!isOurFault) answerAndClose(socket, new AppError('request_timeout'))
  }, windowMs)
  return () => clearInterval(timer)
}
