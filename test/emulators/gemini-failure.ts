// Google's error envelope, in the words of public captures.

/** Thrown by whatever handles a request; the server answers with it. */
export class GoogleFailure extends Error {
  readonly status: number
  readonly body: { error: { code: number; message: string; status: string; details?: object[] } }

  constructor(code: number, status: string, message: string, details?: object[]) {
    super(message)
    this.status = code
    this.body = { error: { code, message, status, ...(details && { details }) } }
  }
}

export const invalidArgument = (message: string, field?: string): GoogleFailure =>
  new GoogleFailure(400, 'INVALID_ARGUMENT', message, [
    {
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: [{ ...(field && { field }), description: message }],
    },
  ])

const errorInfo = (reason: string) => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason,
  domain: 'googleapis.com',
  metadata: { service: 'generativelanguage.googleapis.com' },
})

export const keyInvalid = (message = 'API key not valid. Please pass a valid API key.'): GoogleFailure =>
  new GoogleFailure(400, 'INVALID_ARGUMENT', message, [
    errorInfo('API_KEY_INVALID'),
    { '@type': 'type.googleapis.com/google.rpc.LocalizedMessage', locale: 'en-US', message },
  ])

export const keyMissing = (): GoogleFailure =>
  new GoogleFailure(
    403,
    'PERMISSION_DENIED',
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other " +
      'form of API consumer identity to call this API.',
  )

/** The real service names the key here. */
export const keySuspended = (key: string): GoogleFailure =>
  new GoogleFailure(
    403,
    'PERMISSION_DENIED',
    `Permission denied: Consumer 'api_key:${key}' has been suspended.`,
    [{ ...errorInfo('CONSUMER_SUSPENDED') }],
  )

export const modelMissing = (model: string, version: string): GoogleFailure =>
  new GoogleFailure(
    404,
    'NOT_FOUND',
    `models/${model} is not found for API version ${version}, or is not supported for generateContent. Call ` +
      'ListModels to see the list of available models and their supported methods.',
  )

export const fileMissing = (id: string): GoogleFailure =>
  new GoogleFailure(
    403,
    'PERMISSION_DENIED',
    `You do not have permission to access the File ${id} or it may not exist.`,
  )

interface Quota {
  quotaId: string
  quotaValue: string
  retryDelay?: string | undefined
  message?: string
}

export function tooMany({ quotaId, quotaValue, retryDelay, message }: Quota): GoogleFailure {
  const seconds = retryDelay ? ` Please retry in ${retryDelay}.` : ''
  const said =
    message ??
    'You exceeded your current quota, please check your plan and billing details. For more information on this error, ' +
      'head to: https://ai.google.dev/gemini-api/docs/rate-limits.' +
      `\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_requests, limit: ${quotaValue}${seconds}`
  return new GoogleFailure(429, 'RESOURCE_EXHAUSTED', said, [
    {
      '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
      violations: [
        {
          quotaMetric: 'generativelanguage.googleapis.com/generate_requests',
          quotaId,
          quotaDimensions: { location: 'global' },
          quotaValue,
        },
      ],
    },
    {
      '@type': 'type.googleapis.com/google.rpc.Help',
      links: [
        {
          description: 'Learn more about Gemini API quotas',
          url: 'https://ai.google.dev/gemini-api/docs/rate-limits',
        },
      ],
    },
    ...(retryDelay ? [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }] : []),
  ])
}
