// Files that are two things at once, or something else than they say.
import { gzipSync } from 'node:zlib'
import { movie, zip } from '../support/picture-bytes.ts'
import type { ByteChange } from './bytes.ts'

const page = '<html><script>alert(1)</script></html>'
const svg = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
const pdf = '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>'

export const polyglots: Record<string, ByteChange> = {
  'a photo with a ZIP behind it': (bytes) => Buffer.concat([bytes, zip(bytes.length)]),
  'a photo with a page behind it': (bytes) => Buffer.concat([bytes, Buffer.from(page)]),
  'a photo with a film behind it': (bytes) => Buffer.concat([bytes, movie()]),
  'a photo with a PDF behind it': (bytes) => Buffer.concat([bytes, Buffer.from(pdf)]),
  'a page with a photo behind it': (bytes) => Buffer.concat([Buffer.from(page), bytes]),
  'two photos in one file': (bytes) => Buffer.concat([bytes, bytes]),
  'half a photo, then a whole one': (bytes) => Buffer.concat([bytes.subarray(0, bytes.length / 2), bytes]),
  'the head of one, the tail of another': (bytes, dice) =>
    Buffer.concat([dice.pick(heads), bytes.subarray(dice.below(32))]),
  'something else': (_bytes, dice) => dice.pick(others)(),
}

const heads = [
  Buffer.from('GIF89a\x10\0\x10\0\0\0\0', 'latin1'),
  Buffer.from('BM', 'latin1'),
  Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
  Buffer.from('RIFF\xff\xff\xff\xffWEBPVP8 ', 'latin1'),
  Buffer.from('\0\0\0\x18ftypheic\0\0\0\0', 'latin1'),
  Buffer.from('\xff\xd8\xff\xe0\0\x10JFIF\0', 'latin1'),
  Buffer.from('II*\0\x08\0\0\0', 'latin1'),
]

const others = [
  () => Buffer.alloc(0),
  () => Buffer.from([0xff]),
  () => Buffer.from([0xff, 0xd8]),
  () => Buffer.alloc(2000),
  () => Buffer.from(svg),
  () => Buffer.from(page),
  () => Buffer.from(pdf),
  () => zip(),
  () => movie(),
  () => gzipSync(Buffer.alloc(1_000_000)),
  () =>
    Buffer.from(
      'GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;',
      'latin1',
    ),
]
