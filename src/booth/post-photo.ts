// Sends one photo as a booth does and tells what came back, with the time of every phase.
// An answer with an error status is a result, not an exception; only a server that gives none is.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { AppError } from '../errors.ts'
import { exchange, type Marks, openRequest } from './exchange.ts'
import { readFailure, type ServerFailure } from './failure.ts'
import { buildRequest, type Field, inspectPhoto, type PhotoFacts } from './request.ts'
import { countBytes, isPicture, savePicture } from './save-picture.ts'

export interface PhotoPost {
  /** The server's base address, `http://host:port`, with a path where it is mounted below one. */
  url: string
  slotId: string
  photoPath: string
  /** Spares reading the file for its hash where the same photo is sent many times. */
  facts?: PhotoFacts
  password: string
  fields?: readonly Field[]
  query?: readonly Field[]
  /** A second sending under the same key joins the first one's job. */
  idempotencyKey?: string
  /** For everything from the connection to the answer's last byte. */
  timeoutMs: number
  signal?: AbortSignal
  /** Asked for a path once a picture comes; undefined, and its bytes are only counted. */
  saveAs?: (contentType: string) => string | undefined
  /** How long to wait for `100 Continue` before sending anyway; a second by default, as curl does. */
  continueWaitMs?: number
  onUploaded?: () => void
}

export interface PhotoAnswer {
  status: number
  headers: IncomingHttpHeaders
  contentType: string | undefined
  jobId: string | undefined
  /** Of the answer's body; an error's is read up to 64 KiB. */
  bytes: number
  savedTo: string | undefined
  /** Undefined when a picture came. */
  failure: ServerFailure | undefined
  connectMs: number
  /** From the connection to `100 Continue`; undefined when none came. */
  continueMs: number | undefined
  /** Undefined when the server answered before the photo was through. */
  uploadMs: number | undefined
  /** From the last byte of the upload to the first byte of the answer. */
  waitMs: number
  /** These two count from the start. */
  firstByteMs: number
  totalMs: number
}

const brokenCodes = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'])

/**
 * Throws `server_unreachable` when no answer comes, `invalid_usage` for a photo that cannot be read, `storage_unavailable` for a picture that cannot be saved,
 * and the signal's own reason when the caller aborts.
 */
export async function postPhoto(post: PhotoPost): Promise<PhotoAnswer> {
  const url = toIngestUrl(post.url, post.slotId, post.query)
  const photo = post.facts ?? (await inspectPhoto(post.photoPath))
  const { password, fields, idempotencyKey } = post
  const booth = buildRequest({ photo, host: url.host, password, fields, idempotencyKey })
  const timeout = AbortSignal.timeout(Math.ceil(post.timeoutMs))
  const signal = post.signal === undefined ? timeout : AbortSignal.any([post.signal, timeout])
  const marks: Marks = { startedAt: performance.now() }
  const request = openRequest(url, booth, signal)
  try {
    const response = await exchange(request, {
      booth,
      photoPath: post.photoPath,
      sizeBytes: photo.sizeBytes,
      continueWaitMs: post.continueWaitMs ?? 1000,
      marks,
      onUploaded: post.onUploaded,
    })
    const firstByteAt = performance.now()
    const received = await receive(response, post.saveAs)
    post.signal?.throwIfAborted()
    return {
      ...received,
      status: response.statusCode ?? 0,
      headers: response.headers,
      contentType: response.headers['content-type'],
      ...toDurations(marks, firstByteAt),
    }
  } catch (cause) {
    post.signal?.throwIfAborted()
    if (cause instanceof AppError) throw cause
    throw timeout.aborted ? toLateError(url, post.timeoutMs, cause) : toUnreachable(url, marks, cause)
  } finally {
    // Also ends an upload that the server did not want.
    request.destroy()
  }
}

export function toIngestUrl(base: string, slotId: string, query: readonly Field[] = []): URL {
  const url = URL.canParse(base) ? new URL(base) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new AppError('invalid_usage', {
      message: `"${base}" is not the address of a server. One looks like http://127.0.0.1:8000.`,
    })
  }
  // Of a proxy perhaps; a booth sends none, and they would show in messages.
  url.username = ''
  url.password = ''
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/ingest/${encodeURIComponent(slotId)}`
  for (const [name, value] of query) {
    url.searchParams.append(name, value)
  }
  return url
}

async function receive(response: IncomingMessage, saveAs: PhotoPost['saveAs']) {
  if (!isPicture(response)) {
    return { ...(await readFailure(response)), savedTo: undefined }
  }
  const target = saveAs?.(response.headers['content-type'] ?? '')
  const bytes = target === undefined ? await countBytes(response) : await savePicture(response, target)
  const header = response.headers['x-job-id']
  const jobId = typeof header === 'string' ? header : undefined
  if (bytes === 0) {
    const failure = { code: 'bad_response', message: 'The server answered 200 with an empty picture.', jobId }
    return { failure, bytes, jobId, savedTo: undefined }
  }
  return { failure: undefined, bytes, jobId, savedTo: target }
}

function toDurations(marks: Marks, firstByteAt: number) {
  const { startedAt, connectedAt = startedAt, continuedAt, sendingAt = connectedAt, uploadedAt } = marks
  return {
    connectMs: connectedAt - startedAt,
    continueMs: continuedAt === undefined ? undefined : continuedAt - connectedAt,
    uploadMs: uploadedAt === undefined ? undefined : uploadedAt - sendingAt,
    waitMs: firstByteAt - (uploadedAt ?? sendingAt),
    firstByteMs: firstByteAt - startedAt,
    totalMs: performance.now() - startedAt,
  }
}

function toLateError(url: URL, timeoutMs: number, cause: unknown): AppError {
  return new AppError('server_unreachable', {
    message: `${url.origin} did not answer within ${Number((timeoutMs / 1000).toFixed(1)) || timeoutMs / 1000} s.`,
    cause,
  })
}

function toUnreachable(url: URL, marks: Marks, cause: unknown): AppError {
  return new AppError('server_unreachable', { message: explain(url, marks, cause), cause })
}

function explain(url: URL, marks: Marks, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'ECONNREFUSED') return `No server answers at ${url.origin}. Is "photochanger serve" running?`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `There is no computer named ${url.hostname}.`
  if (brokenCodes.has(code)) {
    const isSending = marks.sendingAt !== undefined && marks.uploadedAt === undefined
    const moment = isSending ? 'while the photo was being sent' : 'before its answer was complete'
    return `${url.origin} closed the connection ${moment}.`
  }
  const reason = cause instanceof Error && cause.message !== '' ? cause.message : String(cause)
  return `There was no usable answer from ${url.origin}: ${reason}.`
}
