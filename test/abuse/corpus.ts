// What is mutated: small copies of the real photographs in every format that a booth may send, and pictures that are far
// larger than their files.
import { readFile } from 'node:fs/promises'
import { deflateSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'
import { heicPair, landscape, portrait } from '../support/photos.ts'
import { pngChunk } from '../support/picture-bytes.ts'

export type Kind = 'jpeg' | 'png' | 'webp' | 'heic'

export interface Picture {
  kind: Kind
  mime: string
  fileName: string
  bytes: Buffer
}

export interface Corpus {
  /** Of a few kilobytes, because most mutations are about structure. */
  small: Record<Kind, Picture[]>
  /** As a booth sends it. */
  photo: Picture
  bombs: Bomb[]
}

/** Few bytes, many pixels. */
export interface Bomb {
  what: string
  /** Refused by its header. Otherwise it is decoded, which takes its time and memory. */
  isBeyondLimit: boolean
  picture: Picture
}

export async function makeCorpus(): Promise<Corpus> {
  const [photo, wide, pair] = await Promise.all([portrait, landscape, heicPair].map((path) => readFile(path)))
  const face = () => sharp(photo).resize(64, 64)
  const place = () => sharp(wide).resize(96, 64)
  const exif = {
    IFD0: { Make: 'Canon', Model: 'EOS 90D', Orientation: '6', Copyright: 'Nobody' },
    IFD3: { GPSLatitude: '51/1 30/1 0/1', GPSLatitudeRef: 'N' },
  }
  const jpegs = [
    face().jpeg({ quality: 80 }),
    place().jpeg({ quality: 80, progressive: true }),
    face().withExif(exif).jpeg({ quality: 70 }),
    place().withIccProfile('p3').jpeg({ quality: 70, chromaSubsampling: '4:4:4' }),
    face().grayscale().jpeg({ quality: 60 }),
  ]
  const pngs = [
    face().resize(32).png(),
    place().resize(48).png({ palette: true, colours: 16 }),
    face().resize(32).ensureAlpha(0.5).png({ progressive: true }),
    face().resize(24).toColourspace('rgb16').png(),
  ]
  const webps = [
    face().webp({ quality: 70 }),
    place().resize(48).webp({ lossless: true }),
    face().withExif(exif).webp(),
  ]
  const make = (kind: Kind, extension: string, pipelines: Sharp[]) =>
    Promise.all(
      pipelines.map(async (pipeline, at) =>
        toPicture(kind, `IMG_000${at}.${extension}`, await pipeline.toBuffer()),
      ),
    )
  const [jpeg, png, webp] = await Promise.all([
    make('jpeg', 'JPG', jpegs),
    make('png', 'png', pngs),
    make('webp', 'webp', webps),
  ])
  return {
    small: { jpeg, png, webp, heic: [toPicture('heic', 'IMG_0009.HEIC', pair ?? Buffer.alloc(0))] },
    photo: toPicture('jpeg', 'IMG_0003.JPG', photo ?? Buffer.alloc(0)),
    bombs: makeBombs(jpeg[0]?.bytes ?? Buffer.alloc(0)),
  }
}

export const toPicture = (kind: Kind, fileName: string, bytes: Buffer): Picture => ({
  kind,
  mime: `image/${kind}`,
  fileName,
  bytes,
})

function makeBombs(jpeg: Buffer): Bomb[] {
  const png = (widthPx: number, heightPx: number) => toPicture('png', 'bomb.png', emptyPng(widthPx, heightPx))
  const jpegWithout = Buffer.concat([jpeg, Buffer.alloc(200_000)])
  return [
    { what: 'a PNG of 36 megapixels in 5 kB', isBeyondLimit: false, picture: png(6000, 6000) },
    { what: 'a PNG of 20000 × 100 pixels', isBeyondLimit: false, picture: png(20_000, 100) },
    { what: 'a PNG of 900 megapixels', isBeyondLimit: true, picture: png(30_000, 30_000) },
    { what: 'a PNG of 60000 pixels in a row', isBeyondLimit: true, picture: png(60_000, 1) },
    {
      what: 'a JPEG with 200 kB of nothing behind it',
      isBeyondLimit: true,
      picture: toPicture('jpeg', 'bomb.jpg', jpegWithout),
    },
  ]
}

/** Black, one bit a pixel. */
function emptyPng(widthPx: number, heightPx: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(widthPx, 0)
  header.writeUInt32BE(heightPx, 4)
  header.writeUInt8(1, 8)
  const rows = Buffer.alloc((Math.ceil(widthPx / 8) + 1) * heightPx)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows, { level: 9 })),
    pngChunk('IEND', ''),
  ])
}
