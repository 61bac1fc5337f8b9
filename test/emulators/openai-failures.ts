// The error answers of OpenAI, of the network in front of it, and of self-hosted servers, as they were captured.

export type Personality = 'openai' | 'selfhosted' | 'selfhosted-detail'

export interface Refusal {
  status: number
  message: string
  code: string | null
  type: string
  param: string | null
}

export interface Reply {
  status: number
  headers: Record<string, string>
  body: string
}

/** What answers repeat of the request. */
export interface FailureContext {
  requestId: string
  key: string
  model: string
  prompt: string
  retryAfterMs: number
  billingCode: string
}

const userError = 'image_generation_user_error'
const invalid = 'invalid_request_error'

const refuse = (
  status: number,
  code: string | null,
  message: string,
  { type = invalid, param = null }: { type?: string; param?: string | null } = {},
): Refusal => ({ status, code, message, type, param })

const json = (status: number, value: unknown, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
})

const page = (status: number, title: string): Reply => ({
  status,
  headers: { 'content-type': 'text/html; charset=UTF-8', server: 'cloudflare' },
  body: `<!DOCTYPE html>\n<html>\n<head><title>${title}</title></head>\n<body><center><h1>${title}</h1></center></body>\n</html>\n`,
})

const inSeconds = (ms: number) => (ms < 1_000 ? `${ms}ms` : `${ms / 1_000}s`)

type Failure = (
  context: FailureContext,
) => Refusal | Reply | { refusal: Refusal; headers: Record<string, string> }

const failures = {
  moderation_blocked: ({ requestId }) =>
    refuse(
      400,
      'moderation_blocked',
      `Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com and include the request ID ${requestId}. safety_violations=[sexual].`,
      { type: userError },
    ),
  content_policy_violation: () =>
    refuse(400, 'content_policy_violation', 'Your request was rejected as a result of our safety system.'),
  invalid_image_file: () =>
    refuse(
      400,
      'invalid_image_file',
      'Invalid image file or mode for image 1, please check your image file.',
      {
        type: userError,
      },
    ),
  invalid_value: () =>
    refuse(
      400,
      'invalid_value',
      "Invalid value: '4096x4096'. The longest edge must be less than or equal to 3840.",
      {
        param: 'size',
      },
    ),
  invalid_quality: ({ prompt }) =>
    refuse(400, 'invalid_value', `Invalid value: 'best' for the prompt '${prompt}'.`, { param: 'quality' }),
  invalid_api_key: ({ key }) =>
    refuse(
      401,
      'invalid_api_key',
      `Incorrect API key provided: ${key}. You can find your API key at https://platform.openai.com/account/api-keys.`,
    ),
  country_forbidden: () =>
    refuse(403, 'unsupported_country_region_territory', 'Country, region, or territory not supported', {
      type: 'request_forbidden',
    }),
  key_disabled: ({ key }) => refuse(403, null, `The key ${key} has been disabled.`),
  organization_unverified: ({ model }) =>
    refuse(403, null, `Your organization must be verified to use the model \`${model}\`.`),
  model_not_found: ({ model }) =>
    refuse(404, 'model_not_found', `The model '${model}' does not exist or you do not have access to it.`),
  rate_limit: ({ retryAfterMs }) => ({
    refusal: refuse(429, 'rate_limit_exceeded', 'Rate limit reached for images per minute.', {
      type: 'requests',
    }),
    headers: {
      'retry-after-ms': String(retryAfterMs),
      'retry-after': String(Math.ceil(retryAfterMs / 1_000)),
    },
  }),
  rate_limit_seconds: ({ retryAfterMs }) => ({
    refusal: refuse(429, 'rate_limit_exceeded', 'Rate limit reached.', { type: 'requests' }),
    headers: { 'retry-after': String(retryAfterMs / 1_000) },
  }),
  rate_limit_text: ({ retryAfterMs }) =>
    refuse(
      429,
      'rate_limit_exceeded',
      `Rate limit reached for images per minute: Limit 5, Used 5, Requested 1. Please try again in ${inSeconds(retryAfterMs)}. Visit https://platform.openai.com/account/rate-limits to learn more.`,
      { type: 'input-images' },
    ),
  slow_down: () => refuse(429, 'slow_down', 'Please reduce your request rate.', { type: 'requests' }),
  billing: ({ billingCode }) =>
    refuse(429, billingCode, 'You exceeded your current quota, please check your plan and billing details.', {
      type: billingCode,
    }),
  request_timeout: () => refuse(408, null, 'The request timed out.', { type: 'timeout' }),
  conflict: () => refuse(409, null, 'The request conflicts with another one.', { type: 'conflict' }),
  server_error: ({ requestId }) =>
    refuse(
      500,
      'server_error',
      `The server had an error processing your request. Sorry about that! Include the request ID ${requestId}.`,
      { type: 'server_error' },
    ),
  final_error: () => ({
    refusal: refuse(500, 'server_error', 'The server had an error.', { type: 'server_error' }),
    headers: { 'x-should-retry': 'false' },
  }),
  bad_gateway_html: () => page(502, '502 Bad Gateway'),
  overloaded: ({ retryAfterMs }) => ({
    refusal: refuse(
      503,
      'server_is_overloaded',
      'The server is currently overloaded. Please try again later.',
      { type: 'service_unavailable_error' },
    ),
    headers: { 'retry-after-ms': String(retryAfterMs) },
  }),
  gateway_timeout: () => page(504, '504 Gateway Time-out'),
  edge_html: () => page(520, 'api.openai.com | 520: Web server is returning an unknown error'),
  forbidden_html: () => page(403, 'Attention Required! | Cloudflare'),

  error_string: () => json(400, { error: 'invalid size: must be WxH' }),
  error_string_500: () => json(500, { error: 'generate_image returned no results' }),
  detail_string: () => json(400, { detail: 'Invalid size format. Expected WIDTHxHEIGHT.' }),
  detail_array: ({ prompt }) =>
    json(422, {
      detail: [
        {
          type: 'int_parsing',
          loc: ['body', 'num_inference_steps'],
          msg: 'Input should be a valid integer',
          input: prompt,
        },
      ],
    }),
  out_of_memory: () => json(500, { error: 'CUDA out of memory. Tried to allocate 2.00 GiB.' }),
  loading: () => json(503, { error: 'Model is loading' }),
  no_route: () => json(404, { detail: 'Not Found' }),
  too_large_html: () => page(413, '413 Request Entity Too Large'),
  redirect: () => ({ status: 307, headers: { location: '/v1/elsewhere' }, body: '' }),
  raw_text: () => ({ status: 500, headers: { 'content-type': 'text/plain' }, body: 'Internal Server Error' }),
} as const satisfies Record<string, Failure>

export type FailureName = keyof typeof failures

export const failureNames = Object.keys(failures) as FailureName[]

export function toReply(name: FailureName, personality: Personality, context: FailureContext): Reply {
  const failure = (failures[name] as Failure)(context)
  if ('body' in failure) return failure
  if (!('refusal' in failure)) return refusalReply(failure, personality)
  const reply = refusalReply(failure.refusal, personality)
  return { ...reply, headers: { ...reply.headers, ...failure.headers } }
}

export function refusalReply({ status, ...error }: Refusal, personality: Personality): Reply {
  if (personality === 'openai') return json(status, { error })
  if (personality === 'selfhosted') return json(status, { error: error.message })
  const missing = { type: 'missing', loc: ['body', error.param], msg: error.message, input: null }
  return json(status, { detail: error.param && status === 422 ? [missing] : error.message })
}
