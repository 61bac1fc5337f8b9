// What an answer with a status of failure means, in words for the operator, and whether asking again may help.
import { AppError, type ErrorCode, type RetryHint } from '../../errors.ts'
import type { Problem } from './answer.ts'
import { readExhaustion } from './quota.ts'

const never: RetryHint = { atMost: 0, afterMs: 0 }
const once: RetryHint = { atMost: 1, afterMs: 1_000 }
const afterOutage: RetryHint = { atMost: 3, afterMs: 1_000 }
const afterConnecting: RetryHint = { atMost: 2, afterMs: 500 }
const maxRateRetries = 4

interface Context {
  httpStatus: number
  retryAfter: string | undefined
  model: string | undefined
}

type Fail = (code: ErrorCode, message: string, retryHint?: RetryHint) => AppError

/** What the network did, with a hint how often to try again. */
export function withRetryHint(error: unknown): unknown {
  if (!(error instanceof AppError) || error.retryHint) return error
  const { code, message, details, cause } = error
  // An answer that broke off has been paid for.
  const hasBegun = code === 'bad_response' || details?.http_status !== undefined
  return new AppError(code, {
    message,
    ...(details && { details }),
    cause,
    retryHint: hasBegun ? once : afterConnecting,
  })
}

/** `problem` has to be free of the key. */
export function toFailure(problem: Problem, { httpStatus, retryAfter, model }: Context): AppError {
  const { message, details } = problem
  const fail: Fail = (code, text, retryHint = never) =>
    new AppError(code, {
      message: text,
      retryHint,
      details: { http_status: httpStatus },
      cause: message && new Error(message.slice(0, 300)),
    })

  if (httpStatus === 429) return toLimitFailure(problem, retryAfter, fail)
  const isKeyRefused =
    details.some(({ reason }) => reason === 'API_KEY_INVALID') ||
    /api key (not valid|not found|expired)/i.test(message)
  if (isKeyRefused) return fail('auth_config', sayWhyKeyIsRefused(message))
  if (/location is not supported|not available in your country/i.test(message)) {
    return fail('auth_config', 'Gemini is not available in the country of this server.')
  }
  // A file of this very call, which another of Google's machines does not know of yet.
  if (/\bFile \S+ (or it may not exist|is not in an ACTIVE state)/i.test(message)) {
    return fail('provider_unavailable', 'Gemini does not find an uploaded picture.', once)
  }
  if (httpStatus === 401 || httpStatus === 403) return fail('auth_config', sayWhyKeyIsRefused(message))
  if (httpStatus === 404 && model) {
    return fail(
      'auth_config',
      `Gemini has retired the model ${model}; choose another in the slot's settings.`,
    )
  }
  if (httpStatus === 504 || httpStatus === 408) {
    return fail('provider_timeout', "Gemini did not finish the picture within Google's own time.", once)
  }
  if (httpStatus >= 500 || httpStatus === 499) {
    return fail('provider_unavailable', `Gemini is not available now (HTTP ${httpStatus}).`, afterOutage)
  }
  if (/unable to process input image/i.test(message)) {
    return fail('bad_input', 'Gemini cannot read the photo or a reference picture.', once)
  }
  if (httpStatus >= 400) {
    const advice = "check the slot's settings and pictures"
    return fail('bad_input', `Gemini does not accept this request (HTTP ${httpStatus}); ${advice}.`)
  }
  return fail('bad_response', `Gemini answered with HTTP ${httpStatus}.`, once)
}

function toLimitFailure(problem: Problem, retryAfter: string | undefined, fail: Fail): AppError {
  const exhaustion = readExhaustion(problem, retryAfter)
  switch (exhaustion.kind) {
    case 'day':
      return fail(
        'quota_exhausted',
        "Today's quota at Gemini is used up; it begins anew at midnight in California.",
      )
    case 'none':
      return fail(
        'quota_exhausted',
        "The API key's project has no quota for this model; switch on billing for it.",
      )
    case 'spent':
      return fail('quota_exhausted', "The API key's project has reached its spending limit at Google.")
    case 'rate': {
      // Not all that were refused together come back together.
      const jitterMs = 50 + Math.random() * 450
      const retryHint = { atMost: maxRateRetries, afterMs: Math.round(exhaustion.waitMs + jitterMs) }
      return fail('rate_limited', 'Gemini limits the rate of calls.', retryHint)
    }
  }
}

function sayWhyKeyIsRefused(said: string): string {
  const why = reasons.find(([pattern]) => pattern.test(said))?.[1]
  return `Gemini does not accept the API key: ${why ?? 'it may not be used for this; check its restrictions'}.`
}

const reasons: [RegExp, string][] = [
  [/leaked/i, 'it was reported as leaked; create a new one in Google AI Studio'],
  [/expired/i, 'it has expired; create a new one in Google AI Studio'],
  [/suspended|denied access/i, 'Google has suspended its project'],
  [
    /disabled|has not been used/i,
    'the Gemini API is switched off in its project; switch it on in Google Cloud',
  ],
  [/not valid|not found/i, 'there is no such key; compare it with the one in Google AI Studio'],
]
