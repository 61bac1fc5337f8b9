// PNG (ISO/IEC 15948): every chunk with its checksum, from IHDR to IEND, and nothing behind.
import { crc32 } from 'node:zlib'
import type { ByteReader } from './byte-reader.ts'
import { assertNoMarkup } from './foreign.ts'
import { refusal } from './refusal.ts'

const signatureBytes = 8

// Encoders that write short chunks write 4-8 KiB; a file of empty chunks must not keep the server busy.
const maxChunks = 100_000
const maxLength = 0x7fffffff
const chunkType = /^[A-Za-z]{4}$/

/** @throws AppError invalid_request */
export async function walkPng(reader: ByteReader): Promise<{ widthPx: number; heightPx: number }> {
  let dimensions: { widthPx: number; heightPx: number } | undefined
  let hasData = false
  let at = signatureBytes

  for (let chunks = 0; chunks < maxChunks; chunks += 1) {
    const header = await reader.from(at, 8)
    const length = header.readUInt32BE(0)
    const type = header.toString('latin1', 4, 8)
    if (length > maxLength || !chunkType.test(type)) throw refusal('corrupt')
    if (at + 12 + length > reader.sizeBytes) throw refusal('truncated')
    await assertChecksum(reader, at + 4, 4 + length)

    if (!dimensions) {
      if (type !== 'IHDR' || length !== 13) throw refusal('corrupt')
      const content = await reader.slice(at + 8, 8)
      dimensions = { widthPx: content.readUInt32BE(0), heightPx: content.readUInt32BE(4) }
    } else if (type === 'IHDR') {
      throw refusal('corrupt')
    }
    if (type === 'tEXt' || type === 'iTXt') assertNoMarkup(await reader.slice(at + 8, length))
    if (type === 'IDAT') hasData = true
    at += 12 + length
    if (type === 'IEND') {
      if (!hasData || length > 0) throw refusal('corrupt')
      await assertPadding(reader, at)
      return dimensions
    }
  }
  throw refusal('corrupt')
}

async function assertChecksum(reader: ByteReader, startsAt: number, length: number): Promise<void> {
  const endsAt = startsAt + length
  let checksum = 0
  for (let at = startsAt; at < endsAt; ) {
    const block = (await reader.from(at)).subarray(0, endsAt - at)
    checksum = crc32(block, checksum)
    at += block.length
  }
  if ((await reader.from(endsAt, 4)).readUInt32BE(0) !== checksum) throw refusal('corrupt')
}

async function assertPadding(reader: ByteReader, startsAt: number): Promise<void> {
  for (let at = startsAt; at < reader.sizeBytes; ) {
    const block = await reader.from(at)
    const found = block.findIndex((byte) => byte !== 0)
    if (found !== -1) throw refusal('trailing_data', { offset: at + found })
    at += block.length
  }
}
