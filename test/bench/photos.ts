// Photos of the sizes that cameras make, from the real portrait: enlarged, with the grain of a sensor.
import { join } from 'node:path'
import sharp from 'sharp'
import { portrait } from '../support/photos.ts'

interface PhotoOptions {
  width: number
  height: number
  quality: number
  /** Standard deviation of the grain in levels of 255; sets how large the file becomes. */
  grain: number
}

export async function makePhoto(
  folder: string,
  { width, height, quality, grain }: PhotoOptions,
): Promise<string> {
  const path = join(folder, `photo-${width}x${height}-${quality}-${grain}.jpg`)
  const noise = await sharp({
    create: {
      width,
      height,
      channels: 3,
      background: '#808080',
      noise: { type: 'gaussian', mean: 128, sigma: grain },
    },
  })
    .png({ compressionLevel: 0 })
    .toBuffer()
  await sharp(portrait)
    .resize(width, height)
    // The mean of "overlay" leaves the photo as it is.
    .composite([{ input: noise, blend: 'overlay' }])
    .jpeg({ quality })
    .toFile(path)
  return path
}

export const photoOf2Mp = (folder: string) =>
  makePhoto(folder, { width: 1632, height: 1224, quality: 92, grain: 6 })

export const photoOf24Mp = (folder: string) =>
  makePhoto(folder, { width: 6000, height: 4000, quality: 92, grain: 6 })
