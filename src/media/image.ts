// Whether a file is a photo that may come in: its type by its own bytes, whole, nothing else inside, not too large.
// Reads headers and structure only; nothing is decoded here.
import { AppError } from '../errors.ts'
import { type LocalFile, openLocalFile } from '../lib/local-file.ts'
import { toStorageError } from '../lib/storage-error.ts'
import { type ByteReader, createByteReader } from './container/byte-reader.ts'
import { refusal } from './container/refusal.ts'
import { type ContainerKind, type Dimensions, walkContainer } from './container.ts'

export interface ImageLimits {
  maxPixels: number
  maxEdgePx: number
}

/** Above every camera that a booth is built around, below what a decoder has memory for. */
export const defaultImageLimits: ImageLimits = { maxPixels: 125_000_000, maxEdgePx: 30_000 }

const formats = {
  jpeg: { kind: 'jpeg', mime: 'image/jpeg', extension: 'jpg' },
  png: { kind: 'png', mime: 'image/png', extension: 'png' },
  webp: { kind: 'webp', mime: 'image/webp', extension: 'webp' },
  heic: { kind: 'heif', mime: 'image/heic', extension: 'heic' },
  heif: { kind: 'heif', mime: 'image/heif', extension: 'heif' },
} as const satisfies Record<string, { kind: ContainerKind; mime: string; extension: string }>

type Format = (typeof formats)[keyof typeof formats]

const formatByDetectedMime: Readonly<Record<string, Format>> = {
  'image/jpeg': formats.jpeg,
  'image/png': formats.png,
  'image/apng': formats.png,
  'image/webp': formats.webp,
  'image/heic': formats.heic,
  'image/heic-sequence': formats.heic,
  'image/heif': formats.heif,
  'image/heif-sequence': formats.heif,
}

export interface ImageInfo {
  mime: Format['mime']
  extension: Format['extension']
  /** Both as stored: before a rotation that the file asks for. */
  widthPx: number
  heightPx: number
  sizeBytes: number
}

/**
 * @throws AppError unsupported_media_type with `details.detected`, invalid_request with `details.reason`,
 *   storage_unavailable when the file cannot be read
 */
export async function inspectImage(path: string, limits: ImageLimits): Promise<ImageInfo> {
  const file = openReadable(path)
  try {
    const { sizeBytes } = file
    if (sizeBytes === 0) throw refusal('empty')
    const reader = createByteReader(file)
    const { kind, mime, extension } = await detectFormat(reader)
    const dimensions = await walkContainer(reader, kind)
    assertWithin(dimensions, limits)
    return { mime, extension, ...dimensions, sizeBytes }
  } finally {
    await file.close()
  }
}

function openReadable(path: string): LocalFile {
  try {
    return openLocalFile(path)
  } catch (cause) {
    throw toStorageError(cause)
  }
}

async function detectFormat(reader: ByteReader): Promise<Format> {
  const head = await reader.from(0)
  const detected = await detectMime(head)
  if (detected === undefined) throw refusal('not_an_image')
  const format = formatByDetectedMime[detected]
  if (format) return format
  throw new AppError('unsupported_media_type', {
    message: `Files of the type ${detected} are not accepted. Send the photo as JPEG, PNG, WebP or HEIC.`,
    details: { detected },
  })
}

async function detectMime(head: Buffer): Promise<string | undefined> {
  const { fileTypeFromBuffer } = await import('file-type') // Loaded late: most commands look at no picture.
  const mime = (await fileTypeFromBuffer(head))?.mime
  if (mime === undefined || mime === 'application/xml') {
    // Text, which has no signature.
    if (/<svg[\s>]/i.test(head.toString('latin1', 0, 4096))) return 'image/svg+xml'
  }
  return mime
}

function assertWithin({ widthPx, heightPx }: Dimensions, { maxPixels, maxEdgePx }: ImageLimits): void {
  const size = { width_px: widthPx, height_px: heightPx }
  if (widthPx > maxEdgePx || heightPx > maxEdgePx) {
    throw refusal(
      'edge_too_long',
      { ...size, max_edge_px: maxEdgePx },
      `The photo is ${widthPx} × ${heightPx} pixels; no side may be longer than ${maxEdgePx}.`,
    )
  }
  if (widthPx * heightPx > maxPixels) {
    throw refusal(
      'too_many_pixels',
      { ...size, max_pixels: maxPixels },
      `The photo is ${widthPx} × ${heightPx} pixels; at most ${Math.floor(maxPixels / 1_000_000)} megapixels are accepted.`,
    )
  }
}
