// What to do after a photo came back without a picture, and how long to wait before the next try.
import { AppError } from '../../errors.ts'
import type { PhotoAnswer } from '../post-photo.ts'

export interface Setback {
  code: string
  message: string
  /**
   * again: the server cannot be reached or is busy; as long as there is time. a-few-times: it tried and could not.
   * never: it will not take this photo. stop: it takes no photo of this program at all.
   */
  next: 'again' | 'a-few-times' | 'never' | 'stop'
  retryAfterMs: number
}

const busyStatuses = new Set([408, 425, 429, 500, 502, 503, 504])

/** Undefined when a picture came. `hasWorked`: the slot has given pictures already, so that it may come back. */
export function judgeAnswer(answer: PhotoAnswer, hasWorked: boolean): Setback | undefined {
  const { failure, status } = answer
  if (failure === undefined) return undefined
  const { code, message } = failure
  const seconds = Number(answer.headers['retry-after']) || 0 // A date is not worth parsing here.
  return {
    code,
    message,
    next: toNext(status, code, hasWorked),
    retryAfterMs: Math.max(seconds, 0) * 1000,
  }
}

function toNext(status: number, code: string, hasWorked: boolean): Setback['next'] {
  if (status === 401) return 'stop'
  // Switched off for a while, or never there.
  if (status === 404) return hasWorked ? 'again' : 'stop'
  if (code === 'provider_error' || code === 'sync_timeout') return 'a-few-times'
  if (code === 'job_cancelled') return 'never'
  // 200 without a picture is a proxy or the network's log-in page.
  return status === 200 || busyStatuses.has(status) ? 'again' : 'never'
}

/** @throws whatever is no setback but a bug or a wrong use */
export function judgeError(error: unknown): Setback {
  const isPassing =
    error instanceof AppError && (error.code === 'server_unreachable' || error.code === 'storage_unavailable')
  if (!isPassing) throw error
  return { code: error.code, message: error.message, next: 'again', retryAfterMs: 0 }
}

const firstPauseMs = 500
const longestPauseMs = 30_000

/** Doubles up to half a minute, with jitter so that many booths do not come back at once. */
export function pauseMs(tries: number, retryAfterMs: number): number {
  const backoffMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(tries - 1, 10))
  return Math.max(retryAfterMs, backoffMs * (0.5 + Math.random() / 2))
}
