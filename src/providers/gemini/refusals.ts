// What an answer with status 200 but without a finished picture means, and whether asking again may help.
import { AppError, type RetryHint } from '../../errors.ts'
import type { Generation } from './answer.ts'

const never: RetryHint = { atMost: 0, afterMs: 0 }
const once: RetryHint = { atMost: 1, afterMs: 1_000 }
const twice: RetryHint = { atMost: 2, afterMs: 1_000 }
/** NO_IMAGE comes and goes, within a second or two each time, and is not charged. */
const oftenAgain: RetryHint = { atMost: 4, afterMs: 1_000 }

const refusals = new Set([
  'SAFETY',
  'IMAGE_SAFETY',
  'PROHIBITED_CONTENT',
  'IMAGE_PROHIBITED_CONTENT',
  'BLOCKLIST',
  'SPII',
  'LANGUAGE',
])
/** Too near to a protected picture; the next one may not be. */
const recitations = new Set(['RECITATION', 'IMAGE_RECITATION'])
/** After these a picture that came along is the finished one. */
const endings = new Set(['STOP', 'MAX_TOKENS', 'FINISH_REASON_UNSPECIFIED'])

const refusingText = /\b(can['’]?t|cannot|unable to|not able to|won['’]?t|not allowed)\b|не могу|невозможно/i

/** @returns undefined where Gemini says that it has finished a picture */
export function findRefusal(generation: Generation): AppError | undefined {
  const { picture, blockReason, finishReason = 'STOP', text } = generation
  if (blockReason) return refused(`the prompt: ${blockReason}`, generation, never)
  if (refusals.has(finishReason)) return refused(finishReason, generation, never)
  if (recitations.has(finishReason)) return refused(finishReason, generation, once)
  if (finishReason === 'NO_IMAGE') return withoutPicture(finishReason, generation, oftenAgain)
  if (picture && endings.has(finishReason)) return undefined
  if (finishReason !== 'STOP') return withoutPicture(finishReason, generation, once)
  if (refusingText.test(text)) return refused('in words', generation, once)
  return withoutPicture(finishReason, generation, twice)
}

function refused(why: string, generation: Generation, retryHint: RetryHint): AppError {
  const message = `Gemini refused to work on this photo (${why}).`
  return new AppError('content_blocked', { message, retryHint, ...describe(generation) })
}

function withoutPicture(why: string, generation: Generation, retryHint: RetryHint): AppError {
  const message = `Gemini answered without a picture (${why}).`
  return new AppError('no_image', { message, retryHint, ...describe(generation) })
}

function describe({ blockReason, finishReason, finishMessage, responseId }: Generation) {
  return {
    details: { http_status: 200, finish_reason: blockReason ?? finishReason, response_id: responseId },
    cause: finishMessage && new Error(finishMessage.slice(0, 300)),
  }
}

export const notAPicture = (responseId?: string, cause?: unknown): AppError =>
  new AppError('bad_response', {
    message: 'Gemini answered with something that is no picture.',
    details: { http_status: 200, response_id: responseId },
    retryHint: once,
    cause,
  })
