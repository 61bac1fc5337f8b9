// Effects that need more than a pixel's own colour join one 8-bit plane to the picture as a fourth channel.
// It costs a third of a second picture, and far less than laying one over the photo.

import { loadSharp } from '../../lib/sharp.ts'
import { luminance } from './color-matrix.ts'
import type { Size } from './geometry.ts'
import type { Photo } from './photo.ts'
import { type Pixels, rawInput, toPixels, translatingFailure } from './pixels.ts'

export interface Area {
  photo: Photo
  /** What the photo is scaled to, and so the size of the plane. */
  scaled: Size
  /** The middle part that will be left of it. */
  visible: Size
}

const newPlane = ({ width, height }: Size): Pixels => ({
  data: Buffer.allocUnsafe(width * height),
  width,
  height,
  channels: 1,
})

/** 255 in the middle, falling towards `darkest` (0 to 1) in the corners of the visible part. */
export function drawVignette({ scaled, visible }: Area, darkest: number): Pixels {
  const plane = newPlane(scaled)
  const { data, width, height } = plane
  const steps = 4096
  const alikeRows = height < 1600 ? 1 : 4
  const shades = Uint8Array.from({ length: steps + 1 }, (_, step) => {
    const fall = smoothstep(0.42, 1.05, Math.sqrt(step / steps))
    return Math.round(255 * (1 - (1 - darkest) * fall))
  })
  // Squared distance from the middle, 1 (that is, `steps`) in a corner of the visible part.
  const distance = (index: number, length: number, visibleLength: number) =>
    ((index - (length - 1) / 2) / (visibleLength / 2)) ** 2 * (steps / 2)
  const columns = Math.ceil(width / 2)
  const across = Float32Array.from({ length: columns }, (_, x) => distance(x, width, visible.width))
  // The four quarters are alike, and so are neighbouring rows to within half a level: little has to be computed.
  for (let y = 0; y < Math.ceil(height / 2); y += 1) {
    const row = data.subarray(y * width, (y + 1) * width)
    if (y % alikeRows === 0) {
      const down = distance(y, height, visible.height)
      for (let x = 0; x < columns; x += 1) {
        const shade = shades[Math.min(steps, (across[x] ?? 0) + down) | 0] ?? 0
        row[x] = shade
        row[width - 1 - x] = shade
      }
    } else {
      row.set(data.subarray((y - 1) * width, y * width))
    }
    data.set(row, (height - 1 - y) * width)
  }
  return plane
}

function smoothstep(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)))
  return t * t * (3 - 2 * t)
}

/** A printer's screen at 45°: `mean` plus or minus `amplitude`, as dots with about 130 of them on the longer edge. */
export function drawScreen({ scaled, visible }: Area, mean: number, amplitude: number): Pixels {
  const plane = newPlane(scaled)
  const { data, width, height } = plane
  const halfPeriod = Math.max(2, Math.round(Math.max(visible.width, visible.height) / 190))
  const period = Math.min(height, 2 * halfPeriod)
  const wave = Float32Array.from({ length: Math.max(width, period) }, (_, index) =>
    Math.cos((Math.PI * index) / halfPeriod),
  )
  for (let y = 0; y < period; y += 1) {
    const down = amplitude * (wave[y] ?? 0)
    for (let x = 0; x < width; x += 1) data[y * width + x] = mean + down * (wave[x] ?? 0)
  }
  // The rest repeats it; every round copies twice as much.
  for (let filled = period * width; filled < data.length; filled *= 2) data.copyWithin(filled, 0, filled)
  return plane
}

/** The photo's luminance, blurred by about 1 % of the longer edge. */
export async function blurLuminance({ photo, scaled }: Area): Promise<Pixels> {
  const sharp = await loadSharp()
  const smallEdgePx = 320
  const tiny = await translatingFailure(
    toPixels(
      photo
        .read()
        .flatten({ background: '#fff' })
        .resize(smallEdgePx, smallEdgePx, { fit: 'inside' })
        .blur(smallEdgePx / 100)
        .recomb([luminance, luminance, luminance])
        .extractChannel(0),
    ),
  )
  // Half of the way up smoothly and then by doubling pixels: three times as fast, and a blur hides the steps.
  const half = { width: Math.ceil(scaled.width / 2), height: Math.ceil(scaled.height / 2) }
  const smooth = sharp(tiny.data, rawInput(tiny)).resize({ ...half, fit: 'fill', kernel: 'linear' })
  const middle = await translatingFailure(toPixels(smooth.toColourspace('b-w')))
  const full = sharp(middle.data, rawInput(middle))
    .resize({ width: half.width * 2, height: half.height * 2, fit: 'fill', kernel: 'nearest' })
    .extract({ left: 0, top: 0, ...scaled })
  return await translatingFailure(toPixels(full.toColourspace('b-w')))
}
