// JPEG (ITU-T T.81): every segment, every scan, to the end of the image. Finds what is missing without decoding.
import type { ByteReader } from './byte-reader.ts'
import { assertNoMarkup } from './foreign.ts'
import { refusal } from './refusal.ts'

const marker = { soi: 0xd8, eoi: 0xd9, sos: 0xda, com: 0xfe, tem: 0x01 }
// Baseline, extended, progressive, and the arithmetic-coded pair; decoders do not read lossless and hierarchical ones.
const readableFrames = new Set([0xc0, 0xc1, 0xc2, 0xc9, 0xca])
const notFrames = new Set([0xc4, 0xc8, 0xcc])
// A large picture inside APP segments makes some hundred; a file of empty segments must not keep the server busy.
const maxMarkers = 10_000

interface JpegImage {
  widthPx: number
  heightPx: number
  /** Where the first byte after the image lies. */
  endsAt: number
}

const isRestart = (code: number) => code >= 0xd0 && code <= 0xd7
const isFrame = (code: number) => code >= 0xc0 && code <= 0xcf && !notFrames.has(code)

/** @throws AppError invalid_request */
export async function walkJpeg(reader: ByteReader, startsAt: number): Promise<JpegImage> {
  let frame: { widthPx: number; heightPx: number } | undefined
  let hasScan = false
  let at = startsAt + 2 // SOI, which has brought us here.

  for (let markers = 0; ; markers += 1) {
    if (markers === maxMarkers) throw refusal('corrupt')
    const { code, endsAt } = await readMarker(reader, at)
    at = endsAt
    if (code === marker.eoi) break
    if (code === marker.tem || isRestart(code)) continue
    if (code === 0 || code === marker.soi) throw refusal('corrupt')

    const length = (await reader.from(at, 2)).readUInt16BE(0)
    if (length < 2) throw refusal('corrupt')
    const segment = (await reader.from(at, length)).subarray(2, length)
    at += length
    if (isFrame(code)) {
      if (frame) throw refusal('corrupt')
      frame = parseFrame(code, segment)
    } else if (code === marker.com) {
      assertNoMarkup(segment)
    } else if (code === marker.sos) {
      if (!frame) throw refusal('corrupt')
      hasScan = true
      at = await findScanEnd(reader, at)
    }
  }
  if (!frame || !hasScan) throw refusal('corrupt')
  return { ...frame, endsAt: at }
}

/** Any number of 0xff may stand before a marker's code. */
async function readMarker(reader: ByteReader, startsAt: number): Promise<{ code: number; endsAt: number }> {
  let at = startsAt
  let [byte] = await reader.from(at)
  if (byte !== 0xff) throw refusal('corrupt')
  while (byte === 0xff) {
    at += 1
    ;[byte] = await reader.from(at)
  }
  return { code: byte ?? 0, endsAt: at + 1 }
}

function parseFrame(code: number, segment: Buffer) {
  if (segment.length < 6 || segment.length !== 6 + 3 * segment.readUInt8(5)) throw refusal('corrupt')
  if (!readableFrames.has(code) || segment.readUInt8(0) !== 8) throw refusal('unsupported_coding')
  // A height of 0 is legal and means that DNL will tell it after the first scan; no decoder in use reads that.
  return { heightPx: segment.readUInt16BE(1), widthPx: segment.readUInt16BE(3) }
}

/** Where the first marker after the entropy-coded data lies: 0xff is followed by 0 (stuffing) or RSTn within them. */
async function findScanEnd(reader: ByteReader, startsAt: number): Promise<number> {
  let blockAt = startsAt
  for (;;) {
    const block = await reader.from(blockAt)
    let found = block.indexOf(0xff)
    while (found !== -1 && found + 1 < block.length) {
      const next = block[found + 1] ?? 0
      if (next !== 0 && next !== 0xff && !isRestart(next)) return blockAt + found
      found = block.indexOf(0xff, next === 0xff ? found + 1 : found + 2)
    }
    blockAt += found === -1 ? block.length : found
    if (found !== -1) await reader.from(blockAt, 2) // The code lies in the next block.
  }
}
