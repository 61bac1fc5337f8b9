// The upload of DSLR Remote Pro 3.30.2 as bytes: header order, field order, the frame around the photo.
// The layout follows a published capture of that program. Sockets are post-photo.ts's business.
import { createHash, randomInt } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { basename, extname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { AppError } from '../errors.ts'

export type Field = readonly [name: string, value: string]

export interface PhotoFacts {
  fileName: string
  mime: string
  sizeBytes: number
  sha1: string
}

export interface BoothRequest {
  /** In the order in which they go over the wire. */
  headers: readonly Field[]
  /** What is sent before the photo's own bytes, and after them. */
  head: Buffer
  tail: Buffer
}

interface RequestContent {
  photo: PhotoFacts
  host: string
  password: string
  /** Replace a field of the same name, or come after the booth's own, as survey answers do. */
  fields?: readonly Field[] | undefined
  /** Not of a booth: makes a second sending of the photo known to the server. */
  idempotencyKey?: string | undefined
}

const mimeByExtension: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.heic': 'image/heic',
  '.heif': 'image/heif',
}

/** Reads the whole file once for its hash. */
export async function inspectPhoto(path: string): Promise<PhotoFacts> {
  try {
    const { size } = await stat(path)
    const hash = createHash('sha1')
    await pipeline(createReadStream(path), hash)
    return {
      fileName: basename(path),
      // A booth calls everything JPEG that it has not saved as something else itself.
      mime: mimeByExtension[extname(path).toLowerCase()] ?? 'image/jpeg',
      sizeBytes: size,
      sha1: hash.digest('hex'),
    }
  } catch (cause) {
    throw toPhotoError(path, cause)
  }
}

export function toPhotoError(path: string, cause: unknown): AppError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ENOENT') {
    return new AppError('invalid_usage', { message: `There is no photo at ${path}.`, cause })
  }
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new AppError('invalid_usage', { message: `The photo ${path} cannot be read: ${reason}.`, cause })
}

/** Session ids of one imaginary booth, counting up; a fresh booth never repeats another one's. */
export function createSessionIds(): () => string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
  const serial = Array.from({ length: 16 }, () => letters[randomInt(letters.length)]).join('')
  let count = 0
  return () => {
    count += 1
    return `${serial}_${String(count).padStart(8, '0')}.`
  }
}

export function buildRequest(content: RequestContent): BoothRequest {
  const boundary = '-'.repeat(12) + Array.from({ length: 24 }, () => randomInt(10)).join('')
  const textParts = toFields(content).map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(name)}"\r\n\r\n${value}\r\n`,
  )
  const filePart =
    `--${boundary}\r\nContent-Disposition: form-data; name="fileToUpload"; ` +
    `filename="${escapeName(content.photo.fileName)}"\r\nContent-Type: ${content.photo.mime}\r\n\r\n`
  const head = Buffer.from(textParts.join('') + filePart)
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  return {
    headers: [
      ['content-type', `multipart/form-data; boundary=${boundary}`],
      ['content-length', String(head.length + content.photo.sizeBytes + tail.length)],
      ['expect', '100-continue'],
      ['host', content.host],
      ...(content.idempotencyKey === undefined
        ? []
        : [['idempotency-key', content.idempotencyKey] satisfies Field]),
    ],
    head,
    tail,
  }
}

function toFields(content: RequestContent): Field[] {
  const own: Field[] = [
    ['time', String(Math.floor(Date.now() / 1000))],
    ['hash', content.photo.sha1],
    ['password', content.password],
    ['user_id', userName()],
    ['name', hostname()],
    ['id', createSessionIds()()],
    ['profile', 'C:\\ProgramData\\Breeze\\photochanger-send.xml'],
    ['status', 'C:\\ProgramData\\Breeze\\screens\\processing.jpg'],
    ['model', 'Windows'],
    ['version', '3.30.2'],
  ]
  const given = new Map(content.fields)
  const names = new Set(own.map(([name]) => name))
  return [
    ...own.map(([name, value]): Field => [name, given.get(name) ?? value]),
    ...[...given].filter(([name]) => !names.has(name)),
  ]
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // A container's user id need not have a name.
    return 'booth'
  }
}

// As browsers and curl do it (WHATWG, multipart/form-data encoding).
function escapeName(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
