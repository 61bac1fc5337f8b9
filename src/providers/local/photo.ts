// The photo as this provider sees it: upright, sRGB, 8 bits per channel.
import type { Sharp } from 'sharp'
import { loadSharp } from '../../lib/sharp.ts'
import type { Size } from './geometry.ts'
import { fileInput, rawInput, toPixels, translatingFailure } from './pixels.ts'

export interface Photo {
  size: Size
  hasAlpha: boolean
  /** A new pipeline over the whole photo; nothing is computed before it is run. */
  read(): Sharp
}

/** @throws AppError bad_input when it is no picture */
export async function inspectPhoto(path: string): Promise<Photo> {
  const sharp = await loadSharp()
  const { autoOrient: size, hasAlpha, space } = await translatingFailure(sharp(path, fileInput).metadata())
  const decode = () => sharp(path, { ...fileInput, autoOrient: true })
  if (space === 'srgb' || space === 'cmyk') return { size, hasAlpha, read: decode }
  // libvips converts profiles and CMYK on its way. Grey and 16 bits it keeps, and the effects count in 8-bit RGB;
  // they are rare enough to be converted beforehand, in memory.
  const pixels = await translatingFailure(toPixels(decode().pipelineColourspace('srgb')))
  return { size, hasAlpha, read: () => sharp(pixels.data, rawInput(pixels)) }
}
