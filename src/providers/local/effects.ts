// The looks. Each is made of operations that libvips streams, and weakens towards the photo itself with the strength.
import type { Matrix4x4, Sharp } from 'sharp'
import { applyGrade, type Grade, gains, luminance, monochrome, saturation, weaken } from './color-matrix.ts'
import type { Pixels } from './pixels.ts'
import { type Area, blurLuminance, drawScreen, drawVignette } from './planes.ts'
import type { FilterSettings } from './settings.ts'

export interface Look {
  /** Only for a photo without transparency. */
  needsOpaque: boolean
  /** Joined to the scaled photo as a fourth channel before `apply`. */
  drawPlane?(area: Area): Pixels | Promise<Pixels>
  apply(image: Sharp): Sharp
  /** The plane stays behind as transparency, which must come out as black. */
  fadesToBlack?: boolean
}

/** Undefined when nothing is to be done. */
export function findLook({ effect, strength }: FilterSettings): Look | undefined {
  return strength === 0 ? undefined : effects[effect](strength / 100)
}

/** `weight` is above 0; 1 is the full effect. */
type Effect = (weight: number) => Look

const effects: Readonly<Record<FilterSettings['effect'], Effect>> = {
  noir: (weight) => (weight === 1 ? fullNoir : grade(noir, weight)),
  sepia: (weight) => grade(monochrome([1.05, 0.9, 0.7]), weight),
  vivid: (weight) => grade(saturation(1.35, 1.03), weight),
  warm: (weight) => grade(gains([1.08, 1.01, 0.87], [4, 1, -2]), weight),
  cool: (weight) => grade(gains([0.9, 0.99, 1.1], [0, 1, 6]), weight),
  'pop-art': (weight) => ({
    needsOpaque: true,
    drawPlane: (area) => drawScreen(area, screenMean, 55),
    // Squared, because the steep colours win long before half of them is mixed in.
    apply: (image) => mixPlane(image, popArt, weight ** 2),
  }),
  posterize,
  vignette: (weight) => ({
    needsOpaque: true,
    fadesToBlack: true,
    drawPlane: (area) => drawVignette(area, 1 - 0.78 * weight),
    apply: (image) => image,
  }),
  'soft-focus': (weight) => ({
    needsOpaque: true,
    drawPlane: blurLuminance,
    apply: (image) => mixPlane(image, softFocus, weight),
  }),
}

const grade = (full: Grade, weight: number): Look => ({
  needsOpaque: false,
  apply: (image) => applyGrade(image, weaken(full, weight)),
})

const noirContrast = 1.3
const noirOffset = -40
const noir = monochrome([noirContrast, noirContrast, noirContrast], [noirOffset, noirOffset, noirOffset])

/** The same on one channel instead of three, which is a third faster. */
const fullNoir: Look = {
  needsOpaque: false,
  apply: (image) => image.greyscale().linear(noirContrast, noirOffset),
}

/** At full strength 6 levels per channel (fewer spoil skin), and the more of them the weaker. */
function posterize(weight: number): Look {
  const levels = Math.round(256 ** (1 - weight) * 6 ** weight)
  const { matrix } = saturation(1 + 0.15 * weight, 255 / (levels - 1))
  return {
    needsOpaque: true,
    // The kernel only scales to 0 … levels - 1; recomb takes whole numbers, which cuts the fractions off.
    apply: (image) =>
      image
        .convolve({ width: 3, height: 3, kernel: [0, 0, 0, 0, levels / 256, 0, 0, 0, 0], scale: 1 })
        .recomb(matrix),
  }
}

type Row = Matrix4x4[number]
type Rows = readonly [Row, Row, Row]

const screenMean = 200

/** A channel that jumps from 0 to 255 where the luminance passes the threshold, in dots of the screen's shape. */
const jump = (threshold: number, steepness = 6): Row => [
  luminance[0] * steepness,
  luminance[1] * steepness,
  luminance[2] * steepness,
  (-steepness * threshold) / screenMean,
]

/** A channel that goes evenly from `dark` to `bright`. */
const slope = (dark: number, bright: number): Row => [
  (luminance[0] * (bright - dark)) / 255,
  (luminance[1] * (bright - dark)) / 255,
  (luminance[2] * (bright - dark)) / 255,
  dark / screenMean,
]

/** Navy shadows, then pink, then yellow. */
const popArt: Rows = [jump(75), jump(150), slope(120, 60)]

/** The fine differences of luminance are halved, and what is bright glows. */
const softFocus: Rows = [soften([0.96, 0, 0]), soften([0, 0.96, 0]), soften([0, 0, 0.96])]

function soften([red, green, blue]: [number, number, number]): Row {
  return [red - 0.5 * luminance[0], green - 0.5 * luminance[1], blue - 0.5 * luminance[2], 0.62]
}

function mixPlane(image: Sharp, [red, green, blue]: Rows, weight: number): Sharp {
  const mix = (row: Row, own: Row): Row => [
    own[0] + (row[0] - own[0]) * weight,
    own[1] + (row[1] - own[1]) * weight,
    own[2] + (row[2] - own[2]) * weight,
    row[3] * weight,
  ]
  return image
    .recomb([mix(red, [1, 0, 0, 0]), mix(green, [0, 1, 0, 0]), mix(blue, [0, 0, 1, 0]), [0, 0, 0, 1]])
    .removeAlpha()
}
