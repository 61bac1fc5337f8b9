// Mutations that know the chunks of PNG and WebP and the boxes of HEIC.

import { deflateSync } from 'node:zlib'
import { box, insert, pngChunk, withPngChunk, withPngDimensions } from '../support/picture-bytes.ts'
import { type ByteChange, flip } from './bytes.ts'
import { makeExif } from './exif.ts'

interface Chunk {
  type: string
  startsAt: number
  contentAt: number
  endsAt: number
}

function pngChunks(png: Buffer): Chunk[] {
  const chunks: Chunk[] = []
  for (let at = 8; at + 12 <= png.length; ) {
    const length = png.readUInt32BE(at)
    chunks.push({
      type: png.toString('latin1', at + 4, at + 8),
      startsAt: at,
      contentAt: at + 8,
      endsAt: at + 12 + length,
    })
    at += 12 + length
  }
  return chunks
}

function webpChunks(webp: Buffer): Chunk[] {
  const chunks: Chunk[] = []
  for (let at = 12; at + 8 <= webp.length; ) {
    const length = webp.readUInt32LE(at + 4)
    const endsAt = at + 8 + length + (length % 2)
    chunks.push({ type: webp.toString('latin1', at, at + 4), startsAt: at, contentAt: at + 8, endsAt })
    at = endsAt
  }
  return chunks
}

const without = (bytes: Buffer, { startsAt, endsAt }: Chunk) =>
  Buffer.concat([bytes.subarray(0, startsAt), bytes.subarray(endsAt)])

const twice = (bytes: Buffer, { startsAt, endsAt }: Chunk) =>
  insert(bytes, endsAt, bytes.subarray(startsAt, endsAt))

/** With the checksum that belongs to it, so that decoders look at the content. */
const withContent = (png: Buffer, { type, startsAt, endsAt }: Chunk, content: Buffer) =>
  Buffer.concat([png.subarray(0, startsAt), pngChunk(type, content), png.subarray(endsAt)])

export const pngChanges: Record<string, ByteChange> = {
  'other dimensions': (png, dice) => {
    const edge = () => dice.pick([0, 1, 31, 33, 9000, 30_001, 0x7fffffff, 0xffffffff])
    return withPngDimensions(png, edge(), edge())
  },
  'another header': (png, dice) => {
    const [header] = pngChunks(png)
    if (!header) return png
    const content = Buffer.from(png.subarray(header.contentAt, header.endsAt - 4))
    content[8 + dice.below(5)] = dice.pick([0, 1, 2, 3, 4, 6, 7, 8, 16, 255])
    return withContent(png, header, content)
  },
  'a chunk flipped, with its checksum': (png, dice) => {
    const chunk = dice.pick(pngChunks(png))
    return withContent(png, chunk, flip(6)(png.subarray(chunk.contentAt, chunk.endsAt - 4), dice))
  },
  'a wrong checksum': (png, dice) => {
    const copy = Buffer.from(png)
    const { endsAt } = dice.pick(pngChunks(png))
    copy[endsAt - 1] = (copy[endsAt - 1] ?? 0) ^ 0x55
    return copy
  },
  'another length': (png, dice) => {
    const copy = Buffer.from(png)
    copy.writeUInt32BE(
      dice.pick([0, 1, 0x7fffffff, 0xffffffff, dice.below(5000)]),
      dice.pick(pngChunks(png)).startsAt,
    )
    return copy
  },
  'a chunk left out': (png, dice) => without(png, dice.pick(pngChunks(png))),
  'a chunk twice': (png, dice) => twice(png, dice.pick(pngChunks(png))),
  'a chunk nobody knows': (png, dice) =>
    withPngChunk(
      png,
      pngChunk(dice.pick(['juNk', 'JUNK', 'acTL', 'fcTL', 'tRNS', 'gAMA', 'cHRM', 'sBIT']), dice.bytes(26)),
    ),
  'a text that unpacks to 8 MB': (png, dice) =>
    withPngChunk(
      png,
      pngChunk(
        dice.pick(['zTXt', 'iCCP']),
        Buffer.concat([Buffer.from('bomb\0\0'), deflateSync(Buffer.alloc(8_000_000))]),
      ),
    ),
  'EXIF junk': (png, dice) => withPngChunk(png, pngChunk('eXIf', makeExif(dice))),
}

export const webpChanges: Record<string, ByteChange> = {
  'another length of the whole': (webp, dice) => {
    const copy = Buffer.from(webp)
    copy.writeUInt32LE(dice.pick([0, 4, 0xffffffff, dice.below(5000)]), 4)
    return copy
  },
  'another length of a chunk': (webp, dice) => {
    const copy = Buffer.from(webp)
    copy.writeUInt32LE(
      dice.pick([0, 1, 0xffffffff, dice.below(5000)]),
      dice.pick(webpChunks(webp)).startsAt + 4,
    )
    return copy
  },
  'a chunk flipped': (webp, dice) => {
    const { contentAt, endsAt } = dice.pick(webpChunks(webp))
    const copy = Buffer.from(webp)
    flip(6)(copy.subarray(contentAt, endsAt), dice).copy(copy, contentAt)
    return copy
  },
  'another kind of chunk': (webp, dice) => {
    const copy = Buffer.from(webp)
    copy.write(
      dice.pick(['VP8X', 'VP8L', 'VP8 ', 'ANIM', 'ANMF', 'ALPH', 'JUNK']),
      dice.pick(webpChunks(webp)).startsAt,
      'latin1',
    )
    return copy
  },
  'a chunk left out': (webp, dice) => without(webp, dice.pick(webpChunks(webp))),
  'a chunk twice': (webp, dice) => twice(webp, dice.pick(webpChunks(webp))),
  'flipped dimensions': (webp, dice) => {
    const copy = Buffer.from(webp)
    flip(3)(copy.subarray(20, 32), dice).copy(copy, 20)
    return copy
  },
}

const boxTypes = [
  'ftyp',
  'meta',
  'hdlr',
  'pitm',
  'iloc',
  'iinf',
  'infe',
  'iref',
  'iprp',
  'ipco',
  'ispe',
  'hvcC',
  'ipma',
  'mdat',
]

/** Where a box of this type says that it is one; the length lies four bytes before. */
const typeAt = (heic: Buffer, type: string) => Math.max(4, heic.indexOf(type, 'latin1'))

export const heicChanges: Record<string, ByteChange> = {
  'another length of a box': (heic, dice) => {
    const copy = Buffer.from(heic)
    copy.writeUInt32BE(
      dice.pick([0, 1, 7, 8, 0xffffffff, dice.below(4000)]),
      typeAt(heic, dice.pick(boxTypes)) - 4,
    )
    return copy
  },
  'another type of box': (heic, dice) => {
    const copy = Buffer.from(heic)
    copy.write(
      dice.pick(['free', 'moov', 'grid', '\0\0\0\0', dice.pick(boxTypes)]),
      typeAt(heic, dice.pick(boxTypes)),
      'latin1',
    )
    return copy
  },
  'a box flipped': (heic, dice) => {
    const copy = Buffer.from(heic)
    const at = typeAt(heic, dice.pick(boxTypes.slice(0, -1))) + 4
    flip(3)(copy.subarray(at, at + 24), dice).copy(copy, at)
    return copy
  },
  'other dimensions': (heic, dice) => {
    const copy = Buffer.from(heic)
    const at = typeAt(heic, 'ispe') + 8
    copy.writeUInt32BE(dice.pick([0, 1, 20_000, 0x7fffffff]), at)
    copy.writeUInt32BE(dice.pick([0, 1, 20_000, 0x7fffffff]), at + 4)
    return copy
  },
  'another brand': (heic, dice) => {
    const copy = Buffer.from(heic)
    copy.write(dice.pick(['avif', 'mp42', 'mif1', 'heix', 'msf1', 'crx ', 'XXXX']), 8, 'latin1')
    return copy
  },
  'boxes within boxes': (heic) => {
    let deep = box('free')
    for (let depth = 0; depth < 200; depth += 1) deep = box('meta', deep)
    return Buffer.concat([heic, deep])
  },
}
