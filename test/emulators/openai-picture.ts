// The emulator's "model": the first picture at the size that was asked for, in the colour of the last one.
import sharp, { type Color } from 'sharp'
import type { Input } from './openai-input.ts'

const formats = ['png', 'jpeg', 'webp'] as const

export interface MadePicture {
  bytes: Buffer
  format: (typeof formats)[number]
  size: string
}

const amber = { r: 255, g: 176, b: 96 }

export async function makePicture({ fields, images }: Input): Promise<MadePicture> {
  const pictures = images.filter(({ part }) => part.startsWith('image'))
  const [photo] = pictures
  if (!photo?.metadata) throw new Error('There is no photo.')
  const format = formats.find((known) => known === fields.output_format) ?? 'png'
  const { widthPx, heightPx } = sizeOf(fields.size, photo.metadata)
  const last = pictures.at(-1)
  const tint = last && last !== photo ? await meanColor(last.bytes) : amber
  const compression = Number(fields.output_compression ?? 100)
  const bytes = await sharp(photo.bytes)
    .resize(widthPx, heightPx, { fit: 'cover' })
    .tint(tint)
    // Compression 0 is the smallest file, which sharp calls quality 1; png is quick at its lowest level.
    .toFormat(format, format === 'png' ? { compressionLevel: 1 } : { quality: Math.max(1, compression) })
    // Vendors mark what they made; a booth's picture carries no metadata.
    .withExif({ IFD0: { Software: 'an image model' } })
    .toBuffer()
  return { bytes, format, size: `${widthPx}x${heightPx}` }
}

function sizeOf(asked: string | undefined, photo: { width: number; height: number }) {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(asked ?? '') ?? []
  if (width && height) return { widthPx: Number(width), heightPx: Number(height) }
  const ratio = photo.width / photo.height
  if (ratio > 1.2) return { widthPx: 1536, heightPx: 1024 }
  return ratio < 0.83 ? { widthPx: 1024, heightPx: 1536 } : { widthPx: 1024, heightPx: 1024 }
}

async function meanColor(bytes: Buffer): Promise<Color> {
  const { channels } = await sharp(bytes).toColourspace('srgb').stats()
  const [r, g, b] = channels.map(({ mean }) => Math.round(mean))
  return r === undefined || g === undefined || b === undefined ? amber : { r, g, b }
}
