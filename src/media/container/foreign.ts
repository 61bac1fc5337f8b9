// Signs of a second format in a picture that its readers would find: PDF, ZIP and markup need not begin where a file
// begins, so a file may be a valid photo and one of them at once.
import type { ByteReader } from './byte-reader.ts'
import { refusal } from './refusal.ts'

const headBytes = 1024
const markup = /<html|<script|<\?php/i

const zipEndSignature = Buffer.from('PK\x05\x06', 'latin1')
const zipEntrySignature = 0x02014b50
const zipEndBytes = 22
const zipMaxCommentBytes = 0xffff

/** @throws AppError invalid_request */
export function assertNoMarkup(text: Buffer): void {
  if (markup.test(text.toString('latin1'))) throw refusal('foreign_data', { found: 'markup' })
}

/** @throws AppError invalid_request */
export async function assertNotForeign(reader: ByteReader): Promise<void> {
  const head = (await reader.from(0)).subarray(0, headBytes)
  if (head.includes('%PDF-')) throw refusal('foreign_data', { found: 'pdf' })
  assertNoMarkup(head)

  const tailAt = Math.max(0, reader.sizeBytes - zipEndBytes - zipMaxCommentBytes)
  const tail = await reader.slice(tailAt, reader.sizeBytes - tailAt)
  for (let at = tail.indexOf(zipEndSignature); at !== -1; at = tail.indexOf(zipEndSignature, at + 1)) {
    if (await isZipEnd(reader, tail.subarray(at), tailAt + at))
      throw refusal('foreign_data', { found: 'zip' })
  }
}

/** Four bytes happen by chance in compressed data; a directory where they say it is does not. */
async function isZipEnd(reader: ByteReader, record: Buffer, recordAt: number): Promise<boolean> {
  if (record.length < zipEndBytes || zipEndBytes + record.readUInt16LE(20) > record.length) return false
  const entries = record.readUInt16LE(10)
  const directoryBytes = record.readUInt32LE(12)
  const directoryAt = record.readUInt32LE(16)
  if (entries === 0) return directoryBytes === 0 && directoryAt <= recordAt
  // The offsets of an archive that was put behind a photo count from the photo's start or from the archive's own.
  for (const at of [recordAt - directoryBytes, directoryAt]) {
    if (at < 0 || at + 4 > recordAt) continue
    if ((await reader.slice(at, 4)).readUInt32LE(0) === zipEntrySignature) return true
  }
  return false
}
