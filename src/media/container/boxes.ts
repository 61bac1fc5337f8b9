// ISO base media file format (ISO/IEC 14496-12): boxes that follow each other without a gap.
import type { ByteReader } from './byte-reader.ts'
import { refusal } from './refusal.ts'

export interface Box {
  type: string
  /** Where the content begins, behind the header. */
  contentAt: number
  endsAt: number
}

const printable = /^[ -~\xa9]{4}$/
// Photos have a handful; a file made of nothing but headers must not keep the server busy.
const maxBoxes = 1000

/** A box at `at`, or undefined when the bytes there are none. `endsAt` may lie behind what is there. */
function parseHeader(header: Buffer, at: number, limit: number): Box | undefined {
  if (header.length < 8) return undefined
  const type = header.toString('latin1', 4, 8)
  if (!printable.test(type)) return undefined
  const size = header.readUInt32BE(0)
  if (size === 0) return { type, contentAt: at + 8, endsAt: limit }
  if (size === 1 && header.length >= 16) {
    const longSize = Number(header.readBigUInt64BE(8))
    return longSize < 16 ? undefined : { type, contentAt: at + 16, endsAt: at + longSize }
  }
  return size < 8 ? undefined : { type, contentAt: at + 8, endsAt: at + size }
}

/**
 * The boxes from `startsAt` to exactly `endsAt`.
 * @throws AppError invalid_request: truncated, or trailing_data when everything in `complete` has been there before
 */
export async function listBoxes(
  reader: ByteReader,
  startsAt: number,
  endsAt: number,
  complete: readonly string[] = [],
): Promise<Box[]> {
  const boxes: Box[] = []
  for (let at = startsAt; at < endsAt; ) {
    const box = parseHeader(await reader.slice(at, Math.min(16, endsAt - at)), at, endsAt)
    if (!box || box.endsAt > endsAt) {
      const isComplete =
        complete.length > 0 && complete.every((type) => boxes.some((known) => known.type === type))
      throw isComplete
        ? refusal('trailing_data', { offset: at })
        : refusal(box || endsAt - at < 8 ? 'truncated' : 'corrupt')
    }
    if (boxes.push(box) > maxBoxes) throw refusal('corrupt')
    at = box.endsAt
  }
  return boxes
}

/** The boxes inside a piece of memory. @throws AppError invalid_request when they do not fit */
export function parseBoxes(bytes: Buffer, startsAt = 0): Box[] {
  const boxes: Box[] = []
  for (let at = startsAt; at < bytes.length; ) {
    const box = parseHeader(bytes.subarray(at, at + 16), at, bytes.length)
    if (!box || box.endsAt > bytes.length) throw refusal('corrupt')
    boxes.push(box)
    at = box.endsAt
  }
  return boxes
}
