// WebP (RFC 9649): one RIFF file, tiled by its chunks; still or animated.
import type { ByteReader } from './byte-reader.ts'
import { refusal } from './refusal.ts'

const maxChunks = 10_000
const fourCc = /^[ -~]{4}$/

interface Dimensions {
  widthPx: number
  heightPx: number
}

interface Chunk {
  type: string
  contentAt: number
  length: number
}

/** @throws AppError invalid_request */
export async function walkWebp(reader: ByteReader): Promise<Dimensions> {
  const riffBytes = (await reader.from(0, 12)).readUInt32LE(4)
  const endsAt = 8 + riffBytes
  if (endsAt > reader.sizeBytes) throw refusal('truncated')
  await assertEnd(reader, endsAt)

  const chunks = await listChunks(reader, 12, endsAt)
  const [first] = chunks
  if (first?.type !== 'VP8X') return readImage(reader, chunks)

  if (first.length < 10) throw refusal('corrupt')
  const header = await reader.slice(first.contentAt, 10)
  const canvas = { widthPx: 1 + header.readUIntLE(4, 3), heightPx: 1 + header.readUIntLE(7, 3) }
  const isAnimated = (header.readUInt8(0) & 0x02) !== 0
  if (isAnimated) await assertFrames(reader, chunks, canvas)
  else assertSame(await readImage(reader, chunks), canvas)
  return canvas
}

/** A RIFF file of odd length may have the padding byte of its last chunk outside of its own count. */
async function assertEnd(reader: ByteReader, endsAt: number): Promise<void> {
  const rest = reader.sizeBytes - endsAt
  const isPadding = rest === 1 && endsAt % 2 === 1 && (await reader.slice(endsAt, 1))[0] === 0
  if (rest > 0 && !isPadding) throw refusal('trailing_data', { offset: endsAt })
}

async function listChunks(reader: ByteReader, startsAt: number, endsAt: number): Promise<Chunk[]> {
  const chunks: Chunk[] = []
  for (let at = startsAt; at < endsAt; ) {
    if (at + 8 > endsAt) throw refusal('corrupt')
    const header = await reader.slice(at, 8)
    const chunk = { type: header.toString('latin1', 0, 4), contentAt: at + 8, length: header.readUInt32LE(4) }
    if (!fourCc.test(chunk.type) || chunk.contentAt + chunk.length > endsAt) throw refusal('corrupt')
    if (chunks.push(chunk) > maxChunks) throw refusal('corrupt')
    at = chunk.contentAt + chunk.length + (chunk.length % 2)
  }
  return chunks
}

/** From the bitstream itself, as decoders do. */
async function readImage(reader: ByteReader, chunks: readonly Chunk[]): Promise<Dimensions> {
  const chunk = chunks.find(({ type }) => type === 'VP8 ' || type === 'VP8L')
  if (!chunk || chunk.length < (chunk.type === 'VP8L' ? 5 : 10)) throw refusal('corrupt')
  const bytes = await reader.slice(chunk.contentAt, Math.min(10, chunk.length))
  if (chunk.type === 'VP8L') {
    if (bytes.readUInt8(0) !== 0x2f) throw refusal('corrupt')
    const bits = bytes.readUInt32LE(1)
    return { widthPx: 1 + (bits & 0x3fff), heightPx: 1 + ((bits >> 14) & 0x3fff) }
  }
  const isKeyFrame = (bytes.readUInt8(0) & 1) === 0
  if (!isKeyFrame || bytes.readUIntBE(3, 3) !== 0x9d012a) throw refusal('corrupt')
  return { widthPx: bytes.readUInt16LE(6) & 0x3fff, heightPx: bytes.readUInt16LE(8) & 0x3fff }
}

/** Only the first frame is ever shown, but a decoder makes room for what each one claims. */
async function assertFrames(reader: ByteReader, chunks: readonly Chunk[], canvas: Dimensions): Promise<void> {
  const frames = chunks.filter(({ type }) => type === 'ANMF')
  if (frames.length === 0) throw refusal('corrupt')
  for (const frame of frames) {
    if (frame.length < 16) throw refusal('corrupt')
    const header = await reader.slice(frame.contentAt, 16)
    const widthPx = 1 + header.readUIntLE(6, 3)
    const heightPx = 1 + header.readUIntLE(9, 3)
    const isInside =
      2 * header.readUIntLE(0, 3) + widthPx <= canvas.widthPx &&
      2 * header.readUIntLE(3, 3) + heightPx <= canvas.heightPx
    if (!isInside) throw refusal('corrupt')
    const parts = await listChunks(reader, frame.contentAt + 16, frame.contentAt + frame.length)
    assertSame(await readImage(reader, parts), { widthPx, heightPx })
  }
}

function assertSame(image: Dimensions, claimed: Dimensions): void {
  if (image.widthPx !== claimed.widthPx || image.heightPx !== claimed.heightPx) throw refusal('corrupt')
}
