// What the booths' cameras make: real photographs in several sizes and formats.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { inspectPhoto, type PhotoFacts } from '../../../src/booth/request.ts'
import { makePhotoOf2Mp, makePhotoOf6Mp, makePhotoOf24Mp } from '../../bench/photos.ts'
import { heicPortrait, landscape, portrait } from '../../support/photos.ts'

export interface Shot {
  facts: PhotoFacts
  bytes: Buffer
  sha256: string
  /** Of all shots, in parts. */
  weight: number
}

/** `heic` is for slots that take it. */
export async function makeShots(folder: string): Promise<{ usual: Shot[]; heic: Shot }> {
  const png = join(folder, 'portrait.png')
  const webp = join(folder, 'landscape.webp')
  await sharp(portrait).resize(800).png().toFile(png)
  await sharp(landscape).webp().toFile(webp)
  const usual = [
    [portrait, 20],
    [landscape, 20],
    [await makePhotoOf2Mp(folder), 40],
    [await makePhotoOf6Mp(folder), 10],
    [await makePhotoOf24Mp(folder), 1],
    [png, 5],
    [webp, 4],
  ] as const
  return {
    usual: await Promise.all(usual.map(([path, weight]) => toShot(path, weight))),
    heic: await toShot(heicPortrait, 0),
  }
}

async function toShot(path: string, weight: number): Promise<Shot> {
  const bytes = await readFile(path)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { facts: await inspectPhoto(path), bytes, sha256, weight }
}
