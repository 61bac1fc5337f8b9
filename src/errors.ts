// Every failure that a person or a program outside may see, in one closed table.
// Adapters translate foreign errors into these at their edge; anything else that is thrown is a bug.

/** Whether the worker may call the same provider again after this failure. */
export type RetryClass = 'no' | 'again'

interface ErrorRow {
  /** HTTP status of the answer. */
  status: number
  /** Exit code of a command: 1 failed, 2 wrong usage or bad input. */
  exit: 1 | 2
  retry: RetryClass
  /** For a person; the default where the thrower has nothing more exact to say. */
  message: string
}

const table = {
  invalid_request: { status: 400, exit: 2, retry: 'no', message: 'The request is not valid.' },
  invalid_credentials: { status: 401, exit: 2, retry: 'no', message: 'The password is wrong.' },
  invalid_token: { status: 401, exit: 1, retry: 'no', message: 'Log in first.' },
  forbidden: { status: 403, exit: 1, retry: 'no', message: 'This account may not do that.' },
  not_found: { status: 404, exit: 1, retry: 'no', message: 'There is nothing at this address.' },
  slot_not_found: {
    status: 404,
    exit: 2,
    retry: 'no',
    message: 'There is no such slot, or it is switched off.',
  },
  job_not_found: { status: 404, exit: 2, retry: 'no', message: 'There is no such job.' },
  result_not_found: { status: 404, exit: 1, retry: 'no', message: 'There is no such picture.' },
  media_not_found: { status: 404, exit: 1, retry: 'no', message: 'There is no such file.' },
  account_not_found: { status: 404, exit: 2, retry: 'no', message: 'There is no such account.' },
  version_not_found: { status: 404, exit: 2, retry: 'no', message: 'The slot has no such version.' },
  purge_not_found: { status: 404, exit: 1, retry: 'no', message: 'There is no such purge.' },
  template_not_found: { status: 404, exit: 2, retry: 'no', message: 'There is no such template.' },
  method_not_allowed: {
    status: 405,
    exit: 1,
    retry: 'no',
    message: 'This address does not take that method.',
  },
  request_timeout: { status: 408, exit: 1, retry: 'no', message: 'The request came too slowly.' },
  job_already_final: { status: 409, exit: 1, retry: 'no', message: 'The job is already finished.' },
  slot_changed: {
    status: 409,
    exit: 1,
    retry: 'no',
    message: 'The slot has been changed in the meantime. Read it again first.',
  },
  template_in_use: {
    status: 409,
    exit: 1,
    retry: 'no',
    message: 'The slot cannot work without this template.',
  },
  account_exists: { status: 409, exit: 2, retry: 'no', message: 'There is such an account already.' },
  last_administrator: {
    status: 409,
    exit: 1,
    retry: 'no',
    message: 'Nobody would be left who may change settings.',
  },
  template_exists: { status: 409, exit: 2, retry: 'no', message: 'A template is already bound to this key.' },
  result_expired: { status: 410, exit: 1, retry: 'no', message: 'The picture is no longer kept.' },
  media_expired: { status: 410, exit: 1, retry: 'no', message: 'The file is no longer kept.' },
  payload_too_large: { status: 413, exit: 2, retry: 'no', message: 'The photo is too large.' },
  unsupported_media_type: {
    status: 415,
    exit: 2,
    retry: 'no',
    message: 'This kind of file is not accepted.',
  },
  invalid_settings: { status: 422, exit: 2, retry: 'no', message: 'The settings are not valid.' },
  too_many_attempts: {
    status: 429,
    exit: 1,
    retry: 'no',
    message: 'Too many attempts to log in. Wait a while.',
  },
  too_many_connections: { status: 429, exit: 1, retry: 'no', message: 'Too many connections from here.' },
  queue_busy: { status: 429, exit: 1, retry: 'no', message: 'Too many photos are being worked on.' },
  headers_too_large: { status: 431, exit: 1, retry: 'no', message: 'The headers are too long.' },
  internal_error: { status: 500, exit: 1, retry: 'no', message: 'Something unexpected went wrong.' },
  provider_error: { status: 502, exit: 1, retry: 'no', message: 'The picture could not be made.' },
  server_busy: { status: 503, exit: 1, retry: 'no', message: 'The server has too many connections.' },
  queue_unavailable: { status: 503, exit: 1, retry: 'no', message: 'The server cannot take the photo now.' },
  storage_unavailable: {
    status: 503,
    exit: 1,
    retry: 'no',
    message: 'The server cannot store the photo now.',
  },
  job_cancelled: { status: 503, exit: 1, retry: 'no', message: 'An administrator cancelled the job.' },
  sync_timeout: { status: 504, exit: 1, retry: 'no', message: 'The picture was not ready in time.' },

  invalid_config: { status: 500, exit: 2, retry: 'no', message: 'The configuration is not valid.' },
  problems_found: {
    status: 500,
    exit: 1,
    retry: 'no',
    message: 'There are problems; what to do is said above.',
  },
  backup_invalid: { status: 500, exit: 1, retry: 'no', message: 'The backup cannot be used.' },
  target_not_empty: {
    status: 500,
    exit: 1,
    retry: 'no',
    message: 'What is to be filled is not empty.',
  },
  installation_busy: { status: 500, exit: 1, retry: 'no', message: 'The installation is in use.' },
  invalid_usage: { status: 500, exit: 2, retry: 'no', message: 'The command was used wrongly.' },
  not_initialized: {
    status: 500,
    exit: 1,
    retry: 'no',
    message: 'This data directory is empty. Run "photochanger init" or "photochanger serve" first.',
  },
  server_unreachable: { status: 500, exit: 1, retry: 'no', message: 'The server does not answer.' },
  address_in_use: { status: 500, exit: 1, retry: 'no', message: 'The port is in use by another program.' },
  secret_mismatch: {
    status: 500,
    exit: 1,
    retry: 'no',
    message: "What is stored does not fit the installation's secret.",
  },
  database_mismatch: {
    status: 500,
    exit: 1,
    retry: 'no',
    message: 'The database does not fit this version.',
  },

  // What a provider's call may end in. To a booth all of them are 502 provider_error.
  content_blocked: { status: 502, exit: 1, retry: 'no', message: 'The provider refused this photo.' },
  no_image: { status: 502, exit: 1, retry: 'again', message: 'The provider answered without a picture.' },
  rate_limited: {
    status: 502,
    exit: 1,
    retry: 'again',
    message: 'The provider is limiting the rate of calls.',
  },
  quota_exhausted: { status: 502, exit: 1, retry: 'no', message: 'The quota at the provider is used up.' },
  auth_config: { status: 502, exit: 1, retry: 'no', message: 'The provider does not accept key or model.' },
  bad_input: { status: 502, exit: 1, retry: 'no', message: 'The provider cannot work with this photo.' },
  provider_unavailable: { status: 502, exit: 1, retry: 'again', message: 'The provider cannot be reached.' },
  provider_timeout: { status: 502, exit: 1, retry: 'no', message: 'The provider took too long.' },
  budget_exhausted: { status: 502, exit: 1, retry: 'no', message: 'The budget of the day is used up.' },
  bad_response: {
    status: 502,
    exit: 1,
    retry: 'again',
    message: 'The provider answered with something else.',
  },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof table

/** The HTTP status of an answer with this code. */
export const statusOf = (code: ErrorCode): number => table[code].status

interface AppErrorOptions {
  /** Replaces the table's message; shown to the outside, so never a secret. */
  message?: string
  /** Shown to the outside beside the message. */
  details?: Record<string, unknown>
  /** Only logged. */
  cause?: unknown
  /** Sent as `Retry-After`. */
  retryAfterSec?: number
  /** What was asked for may have been done all the same: only the answer was lost. */
  isInDoubt?: boolean
  /** Where a provider's failure is to be retried otherwise than its code says. */
  retryHint?: RetryHint
}

/** How often a provider may be called again after this failure, and after which pause. */
export interface RetryHint {
  atMost: number
  afterMs: number
}

export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly details: Record<string, unknown> | undefined
  readonly retryAfterSec: number | undefined
  readonly retryHint: RetryHint | undefined
  readonly isInDoubt: boolean

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.message ?? table[code].message, { cause: options.cause })
    this.code = code
    this.details = options.details
    this.retryAfterSec = options.retryAfterSec
    this.retryHint = options.retryHint
    this.isInDoubt = options.isInDoubt ?? false
  }

  get status(): number {
    return statusOf(this.code)
  }

  get exit(): 1 | 2 {
    return table[this.code].exit
  }

  get retry(): RetryClass {
    return table[this.code].retry
  }
}

/** The one shape of every error body. */
export function toErrorBody(error: AppError, details: Record<string, unknown> = {}) {
  return { error: { code: error.code, message: error.message, details: { ...error.details, ...details } } }
}
