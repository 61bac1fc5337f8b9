// Whether an answer is one that the contract knows.
import { type ErrorCode, statusOf } from '../../src/errors.ts'
import type { AbuseCase } from './mutator.ts'
import type { Answer, Outcome } from './wire.ts'

export interface Verdict {
  /** For counting: `200`, `400 invalid_request`, `closed`. */
  label: string
  /** Undefined where all is well. */
  problem: string | undefined
}

/** All that an ingest may answer with above 499; an `internal_error` is never explained. */
const explained: ReadonlySet<string> = new Set([
  'provider_error',
  'queue_unavailable',
  'server_busy',
  'job_cancelled',
  'sync_timeout',
])
const withJobId: ReadonlySet<string> = new Set(['provider_error', 'sync_timeout', 'job_cancelled'])

const pictureStarts: Record<string, RegExp> = {
  'image/jpeg': /^\xff\xd8\xff/,
  'image/png': /^\x89PNG/,
  'image/webp': /^RIFF....WEBP/s,
  'image/heic': /^....ftyp/s,
  'image/heif': /^....ftyp/s,
}

export function judge(request: Pick<AbuseCase, 'method' | 'ending'>, { answer, isSilent }: Outcome): Verdict {
  if (isSilent) return { label: 'no answer', problem: 'neither an answer nor the end of the connection' }
  if (!answer) {
    const isOwnDoing = request.ending !== 'keep'
    return {
      label: 'closed',
      problem: isOwnDoing ? undefined : 'the connection was closed without an answer',
    }
  }
  return judgeAnswer(answer, request.method)
}

export function judgeAnswer(answer: Answer, method = 'POST'): Verdict {
  const { status, headers, body } = answer
  const problem = (why: string): Verdict => ({ label: String(status), problem: why })
  if (headers.get('x-content-type-options') !== 'nosniff')
    return problem('an answer without security headers')
  if (method === 'HEAD')
    return { label: `${status} to HEAD`, problem: status >= 500 ? 'a failure' : undefined }
  if (status < 400) return judgeSuccess(answer)
  let parsed: { error?: { code?: unknown; message?: unknown; details?: unknown } }
  try {
    parsed = JSON.parse(body.toString())
  } catch {
    return problem(`an error that is no JSON: ${body.toString('latin1', 0, 200)}`)
  }
  const { code, message, details } = parsed.error ?? {}
  if (
    typeof code !== 'string' ||
    typeof message !== 'string' ||
    typeof details !== 'object' ||
    details === null
  )
    return problem(`an error of another shape: ${body.toString('utf8', 0, 200)}`)
  const label = `${status} ${code}`
  if (statusOf(code as ErrorCode) !== status)
    return { label, problem: 'a code that does not belong to the status' }
  if (status >= 500 && !explained.has(code)) return { label, problem: `unexplained: ${message}` }
  if (withJobId.has(code) && !('job_id' in details)) return { label, problem: 'without job_id' }
  return { label, problem: undefined }
}

function judgeSuccess({ status, headers, body }: Answer): Verdict {
  const label = String(status)
  const type = headers.get('content-type') ?? ''
  if (!headers.has('x-job-id')) return { label: `${label} ${type}`, problem: undefined } // Of another address.
  const isPicture = pictureStarts[type]?.test(body.toString('latin1', 0, 16)) === true
  return { label: `${label} a picture`, problem: isPicture ? undefined : `${type} that is none` }
}
