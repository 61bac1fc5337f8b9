// What an S3 server or the way to it says, in this program's words. Messages name the cause and what to look at,
// never a key; the original is kept as the cause, for the log.
import { AppError } from '../errors.ts'
import { unreachableCodes } from '../lib/network-errors.ts'
import { translated } from './system-error.ts'

interface Place {
  bucket: string
  endpoint: string | undefined
}

const timeouts = new Set(['TimeoutError', 'RequestTimeout', 'AbortError', 'ETIMEDOUT'])
const unreachable = new Set([...unreachableCodes, 'ECONNRESET', 'EPIPE'])
const throttles = new Set(['SlowDown', 'ServiceUnavailable', 'TooManyRequests', 'ThrottlingException'])
const missing = new Set(['NoSuchKey', 'NotFound'])

interface Facts {
  name: string
  /** Of the socket. */
  code: string
  status: number | undefined
}

function factsOf(error: unknown): Facts {
  if (!(error instanceof Error)) return { name: '', code: '', status: undefined }
  const { $metadata, code, Code } = error as {
    $metadata?: { httpStatusCode?: number }
    code?: unknown
    Code?: unknown
  }
  const name = typeof Code === 'string' ? Code : error.name
  return { name, code: String(code ?? ''), status: $metadata?.httpStatusCode }
}

/** A HEAD has no body, so that 404 is all that it says. */
export function isMissingObject(error: unknown): boolean {
  const { name, status } = factsOf(error)
  return missing.has(name) || (status === 404 && name !== 'NoSuchBucket')
}

export const isOutOfRange = (error: unknown): boolean => factsOf(error).status === 416

/** Whether the same call may succeed a little later. */
export function isPassing(error: unknown): boolean {
  const { name, code, status } = factsOf(error)
  const isServerSide = status !== undefined && (status >= 500 || status === 429 || status === 408)
  return (
    isServerSide ||
    throttles.has(name) ||
    [name, code].some((each) => timeouts.has(each) || unreachable.has(each))
  )
}

/** Bugs, errors of the local disk and those that are translated already pass through. */
export function toStorageError(error: unknown, place: Place): unknown {
  if (error instanceof AppError) return error
  const message = explain(factsOf(error), place)
  return message === undefined ? error : new AppError('storage_unavailable', { message, cause: error })
}

function explain({ name, code, status }: Facts, { bucket, endpoint }: Place): string | undefined {
  const server = endpoint ?? 'Amazon S3'
  switch (name) {
    case 'InvalidAccessKeyId':
    case 'InvalidClientTokenId':
      return `The media store at ${server} does not know the access key. Check PHOTOCHANGER_S3_ACCESS_KEY_ID.`
    case 'SignatureDoesNotMatch':
      return `The media store at ${server} does not accept the secret key. Check PHOTOCHANGER_S3_SECRET_ACCESS_KEY.`
    case 'CredentialsProviderError':
      return (
        'There are no credentials for the media store. Set PHOTOCHANGER_S3_ACCESS_KEY_ID and ' +
        'PHOTOCHANGER_S3_SECRET_ACCESS_KEY, or give this machine a role.'
      )
    case 'NoSuchBucket':
      return `The media store at ${server} has no bucket "${bucket}". Make it, or check PHOTOCHANGER_MEDIA_ROOT.`
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return `The bucket "${bucket}" lies in another region. Check PHOTOCHANGER_S3_REGION.`
    case 'RequestTimeTooSkewed':
      return 'The clock of this machine differs from that of the media store by more than 15 minutes. Set it right.'
  }
  if (name === 'AccessDenied' || status === 403)
    return `The media store at ${server} refuses access to the bucket "${bucket}". Check the rights of the key.`
  if (timeouts.has(name) || timeouts.has(code)) return `The media store at ${server} did not answer in time.`
  if (unreachable.has(code)) return `The media store at ${server} cannot be reached (${code}).`
  if (throttles.has(name) || status === 429) return `The media store at ${server} is overloaded.`
  if (isMissingObject404(name, status)) return 'The file is not in the media store.'
  if (status !== undefined) return `The media store at ${server} answered ${status} (${name}).`
  return undefined
}

const isMissingObject404 = (name: string, status: number | undefined) => missing.has(name) || status === 404

/** Runs work that touches both the server and the local disk. @throws AppError storage_unavailable */
export async function translatedAt<T>(place: Place, work: () => Promise<T>): Promise<T> {
  return translated(async () => {
    try {
      return await work()
    } catch (error) {
      throw toStorageError(error, place)
    }
  })
}
