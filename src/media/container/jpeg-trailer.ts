// What cameras and phones put behind a JPEG's end, and nothing else: further JPEGs (CIPA DC-007 Multi-Picture Format:
// previews, gain maps), padding, a motion photo's MP4, Samsung's directory of extras ("SEFT").
import { listBoxes } from './boxes.ts'
import type { ByteReader } from './byte-reader.ts'
import { walkJpeg } from './jpeg.ts'
import { refusal } from './refusal.ts'

// Phones add one or two; a file made of nothing but tiny images must not keep the server busy.
const maxImages = 100
const maxDirectoryBytes = 64 * 1024
const soi = Buffer.from([0xff, 0xd8, 0xff])
// Size and type. Up to three bytes of the size are 0 and look like padding.
const boxStartBytes = 8

/** @throws AppError invalid_request */
export async function assertCameraTrailer(reader: ByteReader, startsAt: number): Promise<void> {
  const endsAt = (await findSamsungTrailer(reader, startsAt)) ?? reader.sizeBytes
  let at = startsAt
  for (let images = 0; images < maxImages; images += 1) {
    const dataAt = await skipPadding(reader, at, endsAt)
    if (dataAt === endsAt) return
    if (await isImageStart(reader, dataAt, endsAt)) {
      at = (await walkJpeg(reader, dataAt)).endsAt
      continue
    }
    const movieAt = await findMovie(reader, at, dataAt, endsAt)
    if (movieAt === undefined) throw refusal('trailing_data', { offset: dataAt })
    await listBoxes(reader, movieAt, endsAt)
    return
  }
  throw refusal('trailing_data', { offset: at })
}

/** The first byte that is neither 0x00 nor 0xff, or the 0xff of a marker. */
async function skipPadding(reader: ByteReader, startsAt: number, endsAt: number): Promise<number> {
  let at = startsAt
  let last = 0
  while (at < endsAt) {
    for (const byte of await reader.from(at)) {
      if (at === endsAt) break
      if (byte !== 0 && byte !== 0xff) return last === 0xff ? at - 1 : at
      last = byte
      at += 1
    }
  }
  return endsAt
}

async function isImageStart(reader: ByteReader, at: number, endsAt: number): Promise<boolean> {
  return at + soi.length <= endsAt && (await reader.slice(at, soi.length)).equals(soi)
}

/** Where the MP4 begins whose first byte other than 0 lies at `dataAt`. */
async function findMovie(reader: ByteReader, startsAt: number, dataAt: number, endsAt: number) {
  const from = Math.max(startsAt, dataAt - 3)
  if (from + boxStartBytes > endsAt) return undefined
  const bytes = await reader.slice(from, Math.min(boxStartBytes + 3, endsAt - from))
  const found = bytes.indexOf('ftyp', 4, 'latin1')
  return found === -1 ? undefined : from + found - 4
}

/**
 * Samsung: blocks, "SEFH", version, count, 12 bytes a block (type, distance back from "SEFH", size), the length of all
 * that, "SEFT" as the file's last bytes. Layout as in ExifTool's Samsung.pm. Answers where the first block begins.
 */
async function findSamsungTrailer(reader: ByteReader, startsAt: number): Promise<number | undefined> {
  const footerAt = reader.sizeBytes - 8
  if (footerAt < startsAt) return undefined
  const footer = await reader.slice(footerAt, 8)
  if (footer.toString('latin1', 4) !== 'SEFT') return undefined
  const directoryAt = footerAt - footer.readUInt32LE(0)
  const directoryBytes = footerAt - directoryAt
  if (directoryAt < startsAt || directoryBytes < 12 || directoryBytes > maxDirectoryBytes) return undefined
  const directory = await reader.slice(directoryAt, directoryBytes)
  const blocks = directory.readUInt32LE(8)
  if (directory.toString('latin1', 0, 4) !== 'SEFH' || directoryBytes < 12 + 12 * blocks) return undefined

  let firstAt = directoryAt
  for (let entry = 12; entry < 12 + 12 * blocks; entry += 12) {
    const blockAt = directoryAt - directory.readUInt32LE(entry + 4)
    if (blockAt < startsAt || blockAt + directory.readUInt32LE(entry + 8) > directoryAt) return undefined
    firstAt = Math.min(firstAt, blockAt)
  }
  return firstAt
}
