// The frame: a picture with a transparent opening for the photo.
import type { OverlayOptions } from 'sharp'
import { AppError } from '../../errors.ts'
import { loadSharp } from '../../lib/sharp.ts'
import type { LocalPicture } from '../provider.ts'
import { isSameSize, limitLongEdge, type Rectangle, type Size } from './geometry.ts'
import { fileInput, rawInput, toPixels, translatingFailure } from './pixels.ts'

export interface Frame {
  size: Size
  /** The smallest rectangle around everything that is not opaque. */
  opening: Rectangle
  layer: OverlayOptions
}

/** Below this an alpha of 255 counts as see-through: export filters leave opaque areas at 254 or so. */
const opaqueAlpha = 250

/** @throws AppError bad_input when it is no picture or has no opening */
export async function openFrame({ path }: LocalPicture, longEdgePx: number | undefined): Promise<Frame> {
  const sharp = await loadSharp()
  const message = 'The frame cannot be read.'
  const { width, height, hasAlpha } = await translatingFailure(sharp(path, fileInput).metadata(), message)
  const size = limitLongEdge({ width, height }, longEdgePx)
  if (!hasAlpha) throw noOpening()

  const read = () => {
    const image = sharp(path, fileInput).pipelineColourspace('srgb')
    return isSameSize(size, { width, height }) ? image : image.resize({ ...size, fit: 'fill' })
  }
  const alpha = read().threshold(opaqueAlpha, { grayscale: false }).extractChannel('alpha')
  const opening = findOpening((await translatingFailure(toPixels(alpha), message)).data, size)
  if (!opening) throw noOpening()
  if (isSameSize(size, { width, height })) return { size, opening, layer: { input: path, left: 0, top: 0 } }
  const pixels = await translatingFailure(toPixels(read()), message)
  return { size, opening, layer: { input: pixels.data, ...rawInput(pixels), left: 0, top: 0 } }
}

const noOpening = () => new AppError('bad_input', { message: 'The frame has no transparent opening.' })

/** The bounding box of all zeros. `indexOf` on bytes is native, so a large frame costs no time here. */
function findOpening(data: Buffer, { width, height }: Size): Rectangle | undefined {
  const first = data.indexOf(0)
  if (first === -1) return undefined
  const top = Math.floor(first / width)
  const bottom = Math.floor(data.lastIndexOf(0) / width)
  let left = width
  let right = 0
  for (let y = top; y <= bottom && y < height; y += 1) {
    const row = data.subarray(y * width, (y + 1) * width)
    const start = row.indexOf(0)
    if (start === -1) continue
    left = Math.min(left, start)
    right = Math.max(right, row.lastIndexOf(0))
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1 }
}
