// HEIC/HEIF (ISO/IEC 23008-12): boxes that tile the file, and what the meta box says of the primary image.
import { AppError } from '../../errors.ts'
import { type Box, listBoxes, parseBoxes } from './boxes.ts'
import type { ByteReader } from './byte-reader.ts'
import { refusal } from './refusal.ts'

const maxMetaBytes = 8 * 1024 * 1024

interface HeifImage {
  /** As stored: before the file's own rotation and crop. */
  widthPx: number
  heightPx: number
  /** The primary image's ICC profile. */
  colorProfile: Buffer | undefined
}

/** @throws AppError invalid_request; unsupported_media_type when the pictures in it are not HEVC */
export async function walkHeif(reader: ByteReader): Promise<HeifImage> {
  const boxes = await listBoxes(reader, 0, reader.sizeBytes, ['meta', 'mdat'])
  const meta = boxes.find(({ type }) => type === 'meta')
  if (!meta) throw unsupported('image/heif-sequence')
  if (!boxes.some(({ type }) => type === 'mdat')) throw refusal('truncated')
  const length = meta.endsAt - meta.contentAt
  if (length < 4 || length > maxMetaBytes) throw refusal('corrupt')
  try {
    return parseMeta(await reader.slice(meta.contentAt, length))
  } catch (cause) {
    // Buffer's own check of an offset that the file has chosen.
    throw cause instanceof RangeError ? refusal('corrupt') : cause
  }
}

function parseMeta(meta: Buffer): HeifImage {
  // meta, iinf, pitm, ipma are full boxes: one byte version, three bytes flags.
  const boxes = parseBoxes(meta, 4)
  const codings = listItemTypes(meta, getBox(boxes, 'iinf'))
  if (!codings.has('hvc1')) throw unsupported(codings.has('av01') ? 'image/avif' : 'image/heif')

  const iprp = getBox(boxes, 'iprp')
  const inner = parseBoxes(meta.subarray(0, iprp.endsAt), iprp.contentAt)
  const ipco = getBox(inner, 'ipco')
  const properties = parseBoxes(meta.subarray(0, ipco.endsAt), ipco.contentAt)
  const primaryId = readPrimaryId(meta, getBox(boxes, 'pitm'))
  const own = inner
    .filter(({ type }) => type === 'ipma')
    .flatMap((ipma) => listProperties(meta.subarray(ipma.contentAt, ipma.endsAt), primaryId))
    .flatMap((index) => properties[index - 1] ?? [])

  const extents = getBox(own, 'ispe')
  return {
    widthPx: meta.readUInt32BE(extents.contentAt + 4),
    heightPx: meta.readUInt32BE(extents.contentAt + 8),
    colorProfile: findColorProfile(meta, own),
  }
}

function getBox(boxes: readonly Box[], type: string): Box {
  const box = boxes.find((candidate) => candidate.type === type)
  if (!box) throw refusal('corrupt')
  return box
}

function readPrimaryId(meta: Buffer, { contentAt }: Box): number {
  return meta.readUInt8(contentAt) === 0 ? meta.readUInt16BE(contentAt + 4) : meta.readUInt32BE(contentAt + 4)
}

function listItemTypes(meta: Buffer, iinf: Box): Set<string> {
  const countBytes = meta.readUInt8(iinf.contentAt) === 0 ? 2 : 4
  const entries = parseBoxes(meta.subarray(0, iinf.endsAt), iinf.contentAt + 4 + countBytes)
  const types = entries.map(({ contentAt }) => {
    const typeAt = contentAt + (meta.readUInt8(contentAt) === 2 ? 8 : 10)
    return meta.toString('latin1', typeAt, typeAt + 4)
  })
  return new Set(types)
}

/** The 1-based indices in ipco of what an item is associated with. */
function listProperties(ipma: Buffer, wantedId: number): number[] {
  const isLongId = ipma.readUInt8(0) > 0
  const isLongIndex = (ipma.readUInt8(3) & 1) === 1
  let at = 8
  for (let entries = ipma.readUInt32BE(4); entries > 0; entries -= 1) {
    const id = isLongId ? ipma.readUInt32BE(at) : ipma.readUInt16BE(at)
    at += isLongId ? 4 : 2
    const count = ipma.readUInt8(at)
    at += 1
    const indexBytes = isLongIndex ? 2 : 1
    if (id === wantedId) {
      return Array.from({ length: count }, (_, nth) => {
        const index = ipma.readUIntBE(at + nth * indexBytes, indexBytes)
        return index & (isLongIndex ? 0x7fff : 0x7f) // Without the "essential" bit.
      })
    }
    at += count * indexBytes
  }
  return []
}

function findColorProfile(meta: Buffer, properties: readonly Box[]): Buffer | undefined {
  for (const { type, contentAt, endsAt } of properties) {
    const kind = meta.toString('latin1', contentAt, contentAt + 4)
    if (type === 'colr' && (kind === 'prof' || kind === 'rICC')) return meta.subarray(contentAt + 4, endsAt)
  }
  return undefined
}

const unsupported = (detected: string) => new AppError('unsupported_media_type', { details: { detected } })
