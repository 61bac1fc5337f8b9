// What an answer that is no picture means: the code, the words for the operator, and whether to call again.
import { AppError, type ErrorCode, type RetryHint } from '../../errors.ts'
import type { HttpAnswer } from '../request.ts'
import { never, once, onceLater, twice } from './retries.ts'
import { readVendorError, type VendorError } from './vendor-error.ts'
import { findWaitMs } from './wait.ts'

export interface FailureContext {
  /** Empty where none was sent. */
  model: string
  /** False for OpenAI itself, and for gateways in front of it. */
  isSelfHosted: boolean
  apiKey: string | undefined
  prompt: string
}

const billingCodes = [
  'insufficient_quota',
  'credit_balance_exhausted',
  'project_spend_limit_exceeded',
  'organization_spend_limit_exceeded',
  'organization_usage_limit_exceeded',
  'billing_hard_limit_reached',
]

/** The vendor's names of those fields that have another one in the settings. */
const settingNames: Readonly<Record<string, string>> = {
  quality: 'vendor_quality',
  output_format: 'response_output_format',
}

interface Verdict {
  code: ErrorCode
  message: string
  retry?: RetryHint
}

export function toFailure(answer: HttpAnswer, context: FailureContext): AppError {
  const error = readVendorError(answer.body)
  const clean = (text: string) => tidy(text, context)
  const { code, message, retry } = judge(answer, error, context)
  const requestId = answer.headers['x-request-id']
  const vendorCode = error.code ?? error.type
  const violations = code === 'content_blocked' ? readViolations(error.message) : []
  return new AppError(code, {
    message,
    details: {
      http_status: answer.status,
      ...(requestId && { request_id: clean(requestId) }),
      ...(vendorCode && { vendor_code: clean(vendorCode) }),
      ...(violations.length > 0 && { safety_violations: violations }),
    },
    retryHint: answer.headers['x-should-retry'] === 'false' ? never : retry,
  })
}

function judge({ status, headers }: HttpAnswer, error: VendorError, context: FailureContext): Verdict {
  const { model, isSelfHosted } = context
  const said = tidy(error.message, context)
  const is = (...codes: string[]) => codes.some((code) => code === error.code || code === error.type)
  const because = `(${status})${said ? `: ${said}` : '.'}`

  if (status !== 429 && status < 500 && isModeration(error)) {
    return {
      code: 'content_blocked',
      message: 'The safety system of the provider refuses this photo or prompt.',
    }
  }
  if (status === 402 || is(...billingCodes)) {
    return { code: 'quota_exhausted', message: `The credit at the provider is used up ${because}` }
  }
  if (status === 429 || is('rate_limit_exceeded', 'slow_down')) {
    const afterMs = findWaitMs(headers, error.message) ?? 3_000
    return {
      code: 'rate_limited',
      message: `The provider asks to slow down ${because}`,
      retry: { atMost: 3, afterMs },
    }
  }
  // The vendor's words are left out: they repeat the key.
  if (status === 401 || is('invalid_api_key')) {
    return { code: 'auth_config', message: 'The provider does not accept the API key (401): check the key.' }
  }
  if (is('model_not_found') || (status === 404 && !isSelfHosted)) {
    const message = `The model "${model}" does not exist or has been retired (${status}): choose another one.`
    return { code: 'auth_config', message }
  }
  if (status === 403) {
    return { code: 'auth_config', message: `The provider does not allow this to this key ${because}` }
  }
  if ([301, 302, 303, 307, 308, 404, 405, 501].includes(status)) {
    const message = `The server offers no /images/edits for this model: check base URL and model ${because}`
    return { code: 'auth_config', message }
  }
  if (is('invalid_image_file')) {
    // Its pictures were already made anew, so another attempt can only help against a damaged upload.
    return {
      code: 'bad_input',
      message: `The provider cannot read the photo or a template ${because}`,
      retry: once,
    }
  }
  const isStrayPage = error.isHtml && status !== 413 // A proxy's upload limit stays.
  if (status === 408 || status === 409 || status >= 500 || isStrayPage) {
    const isOwnTrouble = isSelfHosted && (status === 503 || /out of memory/i.test(error.message))
    const retry = isOwnTrouble ? onceLater : withWait(twice, findWaitMs(headers, error.message))
    return { code: 'provider_unavailable', message: `The provider has trouble ${because}`, retry }
  }
  if (status < 400) {
    return {
      code: 'bad_response',
      message: `The provider answered without a picture ${because}`,
      retry: once,
    }
  }
  const setting = error.param && (settingNames[error.param] ?? tidy(error.param, context))
  const message = `The provider refuses ${setting ? `the setting "${setting}"` : 'the request'} ${because}`
  return { code: 'bad_input', message }
}

const withWait = (hint: RetryHint, waitMs: number | undefined): RetryHint => ({
  ...hint,
  afterMs: Math.max(hint.afterMs, waitMs ?? 0),
})

const isModeration = ({ code, type, message }: VendorError): boolean =>
  [code, type].some(
    (name) => name && /^(moderation_blocked|content_policy_violation|content_filter)$/.test(name),
  ) || /safety system|content.?policy|moderation_blocked/i.test(message)

/** @returns for example ['sexual'] of "… safety_violations=[sexual]." */
function readViolations(message: string): string[] {
  const list = /safety_violations=\[([\w\s,/'"-]*)\]/.exec(message)?.[1] ?? ''
  return [...list.matchAll(/[\w/-]+/g)].map(([name]) => name)
}

/** One line, short, without secrets. A short prompt stays: it would take common words with it. */
function tidy(text: string, { apiKey, prompt }: FailureContext): string {
  const withoutKey = apiKey ? text.replaceAll(apiKey, '***') : text
  const safe = prompt.length >= 8 ? withoutKey.replaceAll(prompt, '***') : withoutKey
  const line = safe.replace(/\s+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 299)}…` : line
}
