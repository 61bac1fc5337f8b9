// One photo inside one limit of time: the server's picture, or else one that this computer makes by itself.
import { AppError } from '../errors.ts'
import type { PhotoAnswer } from './post-photo.ts'

interface Wish {
  /** For everything. */
  withinMs: number
  signal: AbortSignal
  send(timeoutMs: number): Promise<PhotoAnswer>
  /** Makes the stand-in under a name of its own; called once at most. */
  prepare(signal: AbortSignal): Promise<void>
  /** Puts what was prepared in the picture's place. */
  place(): Promise<void>
  /** Removes what was prepared in vain. */
  discard(): Promise<void>
}

export type Outcome =
  | { kind: 'picture'; answer: PhotoAnswer }
  | { kind: 'stand-in'; reason: AppError; answer: PhotoAnswer | undefined }

/** The stand-in has to be put in its place after the server's time is over. */
const placingMs = 250

/** @throws AppError when there is neither; the signal's reason; invalid_usage and storage_unavailable of `send` as they are */
export async function sendOrStandIn(wish: Wish): Promise<Outcome> {
  const { signal, withinMs } = wish
  const stop = new AbortController()
  const making = AbortSignal.any([signal, stop.signal])
  let prepared: Promise<void> | undefined
  const prepare = () => {
    prepared ??= wish.prepare(making)
    prepared.catch(() => undefined) // Looked at when it is needed.
    return prepared
  }
  // Made while the server is still being waited for, so that it is there when the time is over, on a slow computer too.
  const early = setTimeout(prepare, withinMs / 2)
  try {
    const sent = await trySending(wish)
    if (sent.reason === undefined) return { kind: 'picture', answer: sent.answer }
    const { reason, answer } = sent
    await prepare().catch((cause: unknown) => {
      signal.throwIfAborted()
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new AppError('provider_error', {
        message: `${reason.message} And no picture could be made on this computer: ${why}`,
        cause,
      })
    })
    await wish.place()
    return { kind: 'stand-in', reason, answer }
  } finally {
    clearTimeout(early)
    stop.abort()
    await prepared?.catch(() => undefined) // Nothing is left running, and nothing comes after the clean-up.
    await wish.discard()
  }
}

type Sent = { answer: PhotoAnswer; reason: undefined } | { answer: PhotoAnswer | undefined; reason: AppError }

async function trySending({ send, withinMs }: Wish): Promise<Sent> {
  try {
    const answer = await send(Math.max(1, withinMs - Math.min(placingMs, withinMs / 4)))
    const { failure } = answer
    if (failure === undefined) return { answer, reason: undefined }
    return { answer, reason: new AppError('provider_error', { message: failure.message }) }
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'server_unreachable') throw error
    return { answer: undefined, reason: error }
  }
}
