// The program that turns one HEIC file into a JPEG: `heic-process SOURCE TARGET`. Decodes with libheif (WebAssembly).
// Exit code 0 done, 3 the file cannot be decoded (why is on stderr), anything else a bug or a broken machine.
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { openLocalFile } from '../lib/local-file.ts'
import { loadSharp } from '../lib/sharp.ts'
import { createByteReader } from './container/byte-reader.ts'
import { walkHeif } from './container/heif.ts'
import { exitUndecodable } from './heic.ts'
import { tagColors } from './icc.ts'
import { defaultImageLimits } from './image.ts'

const quality = 95

interface HeifPicture {
  get_width(): number
  get_height(): number
  is_primary(): boolean
  has_alpha_channel(): boolean
  display<Target extends { data: Uint8ClampedArray }>(
    target: Target,
    done: (filled: Target | null) => void,
  ): void
}

interface Libheif {
  ready: Promise<unknown>
  HeifDecoder: new () => { decode(file: Uint8Array): HeifPicture[] }
}

async function readColorProfile(path: string): Promise<Buffer | undefined> {
  const file = openLocalFile(path)
  try {
    return (await walkHeif(createByteReader(file))).colorProfile
  } finally {
    await file.close()
  }
}

/** Upright pixels, in the source's own colours: libheif applies rotation, mirroring and crop, but no colour profile. */
async function decodePixels(path: string) {
  const libheif: Libheif = createRequire(import.meta.url)('libheif-js/wasm-bundle')
  await libheif.ready
  const pictures = new libheif.HeifDecoder().decode(await readFile(path))
  const picture = pictures.find((candidate) => candidate.is_primary())
  if (!picture) throw new Error('libheif finds no picture in the file')

  const width = picture.get_width()
  const height = picture.get_height()
  if (width * height > defaultImageLimits.maxPixels)
    throw new Error(`${width} × ${height} are too many pixels`)
  const target = { data: new Uint8ClampedArray(width * height * 4) }
  const isFilled = await new Promise((resolve) =>
    picture.display(target, (filled) => resolve(filled !== null)),
  )
  if (!isFilled) throw new Error('libheif cannot decode the picture')
  return { rgba: target.data, width, height, hasAlpha: picture.has_alpha_channel() }
}

async function decode(path: string): Promise<Buffer> {
  const colorProfile = await readColorProfile(path)
  const { rgba, width, height, hasAlpha } = await decodePixels(path)
  const sharp = await loadSharp()
  const pixels = sharp(rgba, { raw: { width, height, channels: 4 } })
  const opaque = hasAlpha ? pixels.flatten({ background: 'white' }) : pixels.removeAlpha()
  const jpeg = await opaque.jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer()
  return colorProfile ? tagColors(jpeg, colorProfile) : jpeg
}

const [source = '', target = ''] = process.argv.slice(2)
const jpeg = await decode(source).catch((error: unknown) => {
  process.stderr.write(String(error))
  process.exitCode = exitUndecodable
})
if (jpeg) await writeFile(target, jpeg, { mode: 0o600 })
