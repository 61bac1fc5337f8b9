// Parts of picture files, to build by hand what no encoder writes: camera trailers, polyglots, bombs.
import { crc32 } from 'node:zlib'

const u16be = (value: number) => Buffer.from([value >> 8, value & 0xff])

function u32be(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function u32le(value: number): Buffer {
  return u32be(value).reverse()
}

export const jpegSegment = (code: number, content: Buffer | string): Buffer =>
  Buffer.concat([Buffer.from([0xff, code]), u16be(2 + content.length), Buffer.from(content)])

/** Right behind the start of the image, where cameras put theirs. */
export const withJpegSegment = (jpeg: Buffer, segment: Buffer): Buffer =>
  Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)])

/** Where the SOF segment's marker lies. */
export function frameOf(jpeg: Buffer): number {
  let at = 2
  while (![0xc0, 0xc1, 0xc2].includes(jpeg.readUInt8(at + 1))) at += 2 + jpeg.readUInt16BE(at + 2)
  return at
}

/** Where the first scan's entropy-coded data begin. */
export function scanOf(jpeg: Buffer): number {
  let at = 2
  while (jpeg.readUInt8(at + 1) !== 0xda) at += 2 + jpeg.readUInt16BE(at + 2)
  return at + 2 + jpeg.readUInt16BE(at + 2)
}

export function insert(bytes: Buffer, at: number, added: Buffer | number[]): Buffer {
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(added), bytes.subarray(at)])
}

export function pngChunk(type: string, content: Buffer | string): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), Buffer.from(content)])
  return Buffer.concat([u32be(content.length), body, u32be(crc32(body))])
}

/** Behind IHDR, where text and colour profiles are. */
export const withPngChunk = (png: Buffer, chunk: Buffer): Buffer => insert(png, 33, chunk)

export function withPngDimensions(png: Buffer, widthPx: number, heightPx: number): Buffer {
  const header = Buffer.concat([u32be(widthPx), u32be(heightPx), png.subarray(24, 29)])
  return Buffer.concat([png.subarray(0, 8), pngChunk('IHDR', header), png.subarray(33)])
}

export const box = (type: string, content: Buffer | string = ''): Buffer =>
  Buffer.concat([u32be(8 + content.length), Buffer.from(type, 'latin1'), Buffer.from(content)])

/** What phones put behind a photo in which something moves. */
export const movie = (): Buffer =>
  Buffer.concat([
    box('ftyp', 'mp42\0\0\0\0isommp42'),
    box('mdat', Buffer.alloc(5000, 'film')),
    box('moov', 'x'.repeat(300)),
  ])

/** Samsung's trailer with these blocks, each a name and its data. */
export function samsungTrailer(blocks: Record<string, Buffer>): Buffer {
  const bodies = Object.entries(blocks).map(([name, data], index) => ({
    type: Buffer.from([0, 0, 0x30 + index, 0x0a]),
    bytes: Buffer.concat([
      Buffer.from([0, 0, 0x30 + index, 0x0a]),
      u32le(name.length),
      Buffer.from(name),
      data,
    ]),
  }))
  const entries = bodies.map(({ type, bytes }, index) => {
    const distance = bodies.slice(index).reduce((total, later) => total + later.bytes.length, 0)
    return Buffer.concat([type, u32le(distance), u32le(bytes.length)])
  })
  const directory = Buffer.concat([Buffer.from('SEFH'), u32le(106), u32le(entries.length), ...entries])
  return Buffer.concat([
    ...bodies.map(({ bytes }) => bytes),
    directory,
    u32le(directory.length),
    Buffer.from('SEFT'),
  ])
}

/** A ZIP archive with one stored file; `startsAt` is where it will lie in the file around it, which its offsets count. */
export function zip(startsAt = 0): Buffer {
  const content = Buffer.from('alert(1)')
  const name = Buffer.from('payload.js')
  const shared = [Buffer.from([10, 0, 0, 0, 0, 0, 0, 0, 0, 0]), u32le(crc32(content)), u32le(content.length)]
  const sizes = [u32le(content.length), Buffer.from([name.length, 0, 0, 0])]
  const entry = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), ...shared, ...sizes, name, content])
  const directory = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\0', 'latin1'),
    ...shared,
    ...sizes,
    Buffer.alloc(10),
    u32le(startsAt),
    name,
  ])
  const end = [Buffer.from('PK\x05\x06\0\0\0\0\x01\0\x01\0', 'latin1'), u32le(directory.length)]
  return Buffer.concat([entry, directory, ...end, u32le(startsAt + entry.length), Buffer.alloc(2)])
}

/** The same HEIF file with another of its pictures as the primary one. */
export function withPrimaryPicture(heif: Buffer, id: number): Buffer {
  const copy = Buffer.from(heif)
  copy.writeUInt16BE(id, copy.indexOf('pitm') + 8)
  return copy
}
