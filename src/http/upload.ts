// Takes a multipart body with one file: the file straight to the disk, the fields into memory, all within limits.
// Parsing is formidable's, through koa-body; this file sets its limits and translates its failures.
import type { EventEmitter } from 'node:events'
import { createWriteStream, existsSync, type WriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { errors as formidableErrors, multipart } from 'formidable'
import type { Context } from 'koa'
import { koaBody } from 'koa-body'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { newId } from '../lib/id.ts'
import { isSystemError, toStorageError } from '../lib/storage-error.ts'
import { unlessBrokenOff } from './broken-off.ts'

const maxFields = 100
const maxFieldsBytes = 256 * 1024
// Boundaries, part headers and text fields around the file.
const maxEnvelopeBytes = 1024 * 1024

export interface Upload {
  fields: Record<string, string | string[]>
  /** Undefined when the body had no such field. */
  file: { path: string; sizeBytes: number; checksum: string; declaredMime: string } | undefined
  /** Removes what was written and is still there. Always to be called. */
  discard(): Promise<void>
}

/** One part of the form, told as it comes: whatever else becomes of the upload. */
export type UploadPart =
  | { field: string; text: string }
  | { field: string; fileName: string; declaredMime: string }

interface UploadOptions {
  /** Name of the part that is the file; other files are passed over. */
  fileField: string
  scratchDir: string
  maxBytes: number
  /** Also told of files that are passed over; must not throw. */
  onPart?(part: UploadPart): void
  /** Looks at a text field while the rest is still coming; a rejection ends the upload. */
  admit?(field: string, text: string): Promise<void>
}

/** Refuses by the headers alone what need not be read. @throws AppError invalid_request, payload_too_large */
export function assertUploadable(ctx: Context, maxBytes: number): void {
  if (!ctx.is('multipart/form-data')) {
    throw new AppError('invalid_request', {
      message: 'The body must be multipart/form-data.',
      details: { field: 'content-type', got: ctx.get('content-type') || null },
    })
  }
  if (ctx.request.length > maxBytes + maxEnvelopeBytes) throw tooLarge(maxBytes)
}

/**
 * @throws AppError invalid_request, payload_too_large, storage_unavailable; nothing is left on the disk then
 */
export async function receiveUpload(
  ctx: Context,
  { fileField, scratchDir, maxBytes, onPart, admit }: UploadOptions,
): Promise<Upload> {
  const written: { path: string; stream: WriteStream }[] = []
  let isDiscarded = false

  async function discard() {
    isDiscarded = true
    await Promise.all(
      written.map(async ({ path, stream }) => {
        stream.destroy()
        // A file that is still being opened would appear after its removal.
        if (!stream.closed) await finished(stream).catch(() => undefined) // Only that it is over matters here.
        if (!existsSync(path)) return // Usually it has been taken into the store by now.
        await rm(path, { force: true }).catch(() => undefined) // A failing disk; the sweep tries again.
      }),
    )
  }

  const parse = koaBody({
    multipart: true,
    json: false,
    text: false,
    urlencoded: false,
    patchKoa: true,
    formidable: {
      maxFields,
      maxFieldsSize: maxFieldsBytes,
      maxFiles: 1,
      maxFileSize: maxBytes,
      maxTotalFileSize: maxBytes,
      allowEmptyFiles: false,
      hashAlgorithm: 'sha256',
      filter({ name, originalFilename, mimetype }) {
        onPart?.({ field: name ?? '', fileName: originalFilename ?? '', declaredMime: mimetype ?? '' })
        return name === fileField
      },
      fileWriteStreamHandler() {
        // After a failure formidable still opens the file of the part that it was at.
        if (isDiscarded) return new Writable({ write: (_chunk, _encoding, done) => done() })
        const path = join(scratchDir, newId())
        const stream = createWriteStream(path, { flags: 'wx', mode: 0o600 })
        written.push({ path, stream })
        return stream
      },
      enabledPlugins: [
        multipart,
        limitTotal(maxBytes + maxEnvelopeBytes),
        tellFields({ onPart, admit }),
        readTextAsUtf8,
      ],
    },
  })

  try {
    await unlessBrokenOff(ctx.req, () => parse(ctx, async () => undefined))
    // Formidable takes a file for written once its stream has ended, even where that was by an error.
    for (const { stream } of written) if (stream.errored) throw stream.errored
  } catch (error) {
    await discard()
    throw translate(error, { fileField, maxBytes })
  }
  const file = [ctx.request.files?.[fileField]].flat()[0]
  const [first] = written
  return {
    fields: toFields(ctx.request.body),
    file:
      file && first
        ? {
            path: first.path,
            sizeBytes: file.size,
            checksum: String(file.hash),
            declaredMime: file.mimetype ?? '',
          }
        : undefined,
    discard,
  }
}

/** Formidable bounds fields and files, but not part headers nor what `filter` passes over. */
function limitTotal(maxBytes: number) {
  return (form: EventEmitter) => {
    form.on('progress', (receivedBytes: number) => {
      if (receivedBytes > maxBytes) form.emit('error', tooLarge(maxBytes))
    })
  }
}

function tellFields({ onPart, admit }: Pick<UploadOptions, 'onPart' | 'admit'>) {
  return (form: EventEmitter) => {
    form.on('field', (field: string | null, text: string) => {
      onPart?.({ field: field ?? '', text })
      admit?.(field ?? '', text).catch((error: unknown) => form.emit('error', error))
    })
  }
}

/**
 * Formidable gives StringDecoder the part's transfer encoding, of which that knows neither "7bit" nor "8bit": it throws
 * where nobody catches it, and the process ends. The bytes have been decoded by then, also those of "base64".
 */
function readTextAsUtf8(form: EventEmitter) {
  const parts = form as EventEmitter & { onPart(part: { transferEncoding: string }): Promise<void> | void }
  const handlePart = parts.onPart.bind(form)
  parts.onPart = async (part) => {
    part.transferEncoding = 'utf-8'
    try {
      await handlePart(part)
    } catch (error) {
      form.emit('error', error)
    }
  }
}

const fieldsSchema = z.record(z.string(), z.union([z.string(), z.array(z.string())])).catch({})

const toFields = (body: unknown) => fieldsSchema.parse(body)

function tooLarge(maxBytes: number): AppError {
  const mebibytes = Math.round((maxBytes / 1024 / 1024) * 10) / 10
  return new AppError('payload_too_large', {
    message: `The file is larger than ${mebibytes} MiB.`,
    details: { max_bytes: maxBytes },
  })
}

function translate(
  error: unknown,
  { fileField, maxBytes }: Pick<UploadOptions, 'fileField' | 'maxBytes'>,
): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const invalid = (message: string, details = {}) =>
    new AppError('invalid_request', { message, details, cause: error })
  switch (error.code) {
    case formidableErrors.biggerThanMaxFileSize:
    case formidableErrors.biggerThanTotalMaxFileSize:
      return tooLarge(maxBytes)
    case formidableErrors.noEmptyFiles:
    case formidableErrors.smallerThanMinFileSize:
      return invalid('The file is empty.', { field: fileField })
    case formidableErrors.maxFilesExceeded:
      return invalid('Send one file at a time.', { field: fileField })
    case formidableErrors.maxFieldsExceeded:
      return invalid(`The form has more than ${maxFields} fields.`, { max_fields: maxFields })
    case formidableErrors.maxFieldsSizeExceeded:
      return invalid('The text fields of the form are too long.', { max_bytes: maxFieldsBytes })
    case formidableErrors.aborted:
      return invalid('The upload broke off.')
    case 'ECONNRESET':
    case 'EPIPE':
      return invalid('The upload broke off.')
  }
  if (isSystemError(error)) return toStorageError(error)
  return typeof error.code === 'number'
    ? invalid('The multipart form is broken.', { reason: error.message })
    : error
}
