// Photos of the sizes that cameras make, from the real portrait: enlarged, with the grain of a sensor.
import { join } from 'node:path'
import sharp from 'sharp'
import { portrait } from '../support/photos.ts'

interface PhotoOptions {
  width: number
  height: number
  quality?: number
  /** Standard deviation of the grain in levels of 255; decides how large the file becomes. */
  grain: number
}

async function makePhoto(
  folder: string,
  { width, height, quality = 92, grain }: PhotoOptions,
): Promise<string> {
  const path = join(folder, `photo-${width}x${height}-${grain}.jpg`)
  const tile = await sharp({
    create: {
      width: 512,
      height: 512,
      channels: 3,
      background: '#808080',
      noise: { type: 'gaussian', mean: 128, sigma: grain },
    },
  })
    .png()
    .toBuffer()
  await sharp(portrait)
    .resize(width, height)
    .composite([{ input: tile, tile: true, blend: 'overlay' }]) // Grey leaves the photo as it is.
    .jpeg({ quality })
    .toFile(path)
  return path
}

/** About 0.7 MB. */
export const makePhotoOf2Mp = (folder: string) => makePhoto(folder, { width: 1632, height: 1224, grain: 24 })

/** About 2 MB. */
export const makePhotoOf6Mp = (folder: string) => makePhoto(folder, { width: 3000, height: 2000, grain: 24 })

/** About 8 MB. */
export const makePhotoOf24Mp = (folder: string) => makePhoto(folder, { width: 6000, height: 4000, grain: 24 })

/** About 25 MB. */
export const makeHeavyPhoto = (folder: string) =>
  makePhoto(folder, { width: 6000, height: 4000, quality: 99, grain: 100 })
