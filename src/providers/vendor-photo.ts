// A photo as a vendor wants it, and a vendor's answer as a booth wants it.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import { loadSharp } from '../lib/sharp.ts'
import type { OutputSettings } from './output.ts'
import type { LocalPicture } from './provider.ts'

const maxPixels = 125_000_000
/** What vendors draw; not SVG and PDF, which are programs to run. AVIF counts as HEIF. */
const drawn = ['jpeg', 'png', 'webp', 'gif', 'heif', 'tiff']

export interface VendorPhoto extends LocalPicture {
  widthPx: number
  heightPx: number
  sizeBytes: number
}

export interface VendorLimits {
  maxEdgePx: number
  /** By default 92, which vendors cannot tell from the original. */
  quality?: number
}

/** Upright, sRGB, without metadata, not larger than the vendor needs, as a JPEG. @throws AppError bad_input */
export async function prepareForVendor(
  photo: LocalPicture,
  targetPath: string,
  { maxEdgePx, quality = 92 }: VendorLimits,
): Promise<VendorPhoto> {
  const sharp = await loadSharp()
  try {
    const { width, height } = await sharp(photo.path, { limitInputPixels: maxPixels, autoOrient: true })
      .resize(maxEdgePx, maxEdgePx, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#fff' })
      // Vendors expect three channels, of a grey photo too.
      .toColourspace('srgb')
      .jpeg({ quality })
      .toFile(targetPath)
    const { size } = await stat(targetPath)
    return { path: targetPath, mime: 'image/jpeg', widthPx: width, heightPx: height, sizeBytes: size }
  } catch (cause) {
    throw new AppError('bad_input', { message: 'The photo cannot be read.', cause })
  }
}

/**
 * A vendor's bytes as a clean picture: judged by the bytes, not by what the vendor calls them.
 * @throws AppError bad_response when they are no picture
 */
export async function acceptFromVendor(
  source: Buffer | string,
  scratchDir: string,
  { format, quality, long_edge_px: longEdgePx }: OutputSettings,
): Promise<LocalPicture> {
  const sharp = await loadSharp()
  const path = join(scratchDir, `result.${format === 'jpeg' ? 'jpg' : format}`)
  try {
    let image = sharp(source, { limitInputPixels: maxPixels, autoOrient: true, failOn: 'error' })
    const { format: found } = await image.metadata()
    if (!drawn.includes(found)) throw new Error(`the format is ${found}`)
    if (longEdgePx) image = image.resize(longEdgePx, longEdgePx, { fit: 'inside', withoutEnlargement: true })
    if (format === 'jpeg') image = image.flatten({ background: '#fff' })
    // For PNG a quality below 100 would mean a palette of 256 colours.
    await image.toFormat(format, format === 'png' ? {} : { quality }).toFile(path)
    return { path, mime: `image/${format}` }
  } catch (cause) {
    throw new AppError('bad_response', {
      message: 'The provider answered with something that is no picture.',
      cause,
    })
  }
}
