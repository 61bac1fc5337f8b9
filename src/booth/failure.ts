// Reads what a server says instead of a picture, leniently: this project's error JSON, another program's, or none.
import type { IncomingMessage } from 'node:http'
import { AppError, type ErrorCode } from '../errors.ts'

export interface ServerFailure {
  /** The server's own code, or `http_<status>` where it gave none. */
  code: string
  message: string
  jobId: string | undefined
}

/** What an ingest may answer, and what the address of some other program may. */
const knownCodes: readonly string[] = [
  'invalid_request',
  'invalid_credentials',
  'not_found',
  'slot_not_found',
  'method_not_allowed',
  'payload_too_large',
  'unsupported_media_type',
  'request_timeout',
  'too_many_connections',
  'queue_busy',
  'internal_error',
  'provider_error',
  'server_busy',
  'queue_unavailable',
  'storage_unavailable',
  'job_cancelled',
  'sync_timeout',
  'bad_response',
] satisfies ErrorCode[]

const maxErrorBytes = 64 * 1024
const maxMessageChars = 500

export function toAppError(failure: ServerFailure): AppError {
  const code = knownCodes.includes(failure.code) ? (failure.code as ErrorCode) : 'provider_error'
  return new AppError(code, { message: failure.message })
}

export async function readFailure(response: IncomingMessage) {
  const body = await readStart(response)
  const jobId = response.headers['x-job-id']
  const status = response.statusCode ?? 0
  const type = response.headers['content-type'] ?? 'no content type'
  const failure: ServerFailure =
    status === 200
      ? {
          code: 'bad_response',
          message: `The server answered 200 with ${type}, not a picture.`,
          jobId: undefined,
        }
      : {
          code: `http_${status}`,
          message: `The server answered ${status} ${response.statusMessage ?? ''}`.trimEnd(),
          jobId: undefined,
          ...parseError(body.toString('utf8')),
        }
  return { failure, bytes: body.length, jobId: typeof jobId === 'string' ? jobId : failure.jobId }
}

async function readStart(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= maxErrorBytes) break
    }
  } catch {
    // A server that refuses an upload may reset the connection after its answer; what has come is enough.
  }
  return Buffer.concat(chunks).subarray(0, maxErrorBytes)
}

/** Takes this project's `{error: {code, message, details}}` and what other servers commonly answer. */
function parseError(text: string): Partial<ServerFailure> {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    // Not JSON: a proxy's page, which says no more than its status.
    return {}
  }
  const outer = toRecord(body)
  const inner = toRecord(outer.error)
  const details = toRecord(inner.details ?? outer.details)
  const code = toLine(inner.code ?? outer.code)
  const message = toLine(inner.message ?? outer.message ?? outer.error ?? outer.detail)
  return {
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
    jobId: toLine(details.job_id),
  }
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

// Control characters would reach the operator's terminal.
function toLine(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined
  return value
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, maxMessageChars)
}
