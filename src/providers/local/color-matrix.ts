// Colour as linear arithmetic: a 3×3 matrix and an offset per channel, which libvips applies while the rows stream by.
import type { Matrix3x3, Sharp } from 'sharp'

type Triple = [number, number, number]

export interface Grade {
  matrix: Matrix3x3
  /** Added to red, green and blue, in levels of 0 to 255. */
  offset: Triple
}

/** Weights of a panchromatic film: skin comes out lighter than with the eye's own weights. */
export const luminance: Triple = [0.35, 0.55, 0.1]

const eyeWeights: Triple = [0.2126, 0.7152, 0.0722]

const noOffset: Triple = [0, 0, 0]

const times = ([a, b, c]: Triple, factor: number): Triple => [a * factor, b * factor, c * factor]

export const gains = ([r, g, b]: Triple, offset = noOffset): Grade => ({
  matrix: [
    [r, 0, 0],
    [0, g, 0],
    [0, 0, b],
  ],
  offset,
})

const identity = gains([1, 1, 1])

/** Grey, then multiplied by the tone. */
export const monochrome = ([r, g, b]: Triple, offset = noOffset): Grade => ({
  matrix: [times(luminance, r), times(luminance, g), times(luminance, b)],
  offset,
})

/** Saturation 1 is the photo, 0 is grey; `gain` multiplies all channels. */
export function saturation(amount: number, gain: number): Grade {
  return blend({ ...identity, matrix: [eyeWeights, eyeWeights, eyeWeights] }, gains([1, 1, 1]), amount, gain)
}

/** The grade at a weight of 0 to 1: halfway is the mean of the photo and of the graded photo. */
export const weaken = (grade: Grade, weight: number): Grade => blend(identity, grade, weight)

function blend(from: Grade, to: Grade, weight: number, gain = 1): Grade {
  const mix = (a: Triple, b: Triple): Triple => [
    gain * (a[0] + (b[0] - a[0]) * weight),
    gain * (a[1] + (b[1] - a[1]) * weight),
    gain * (a[2] + (b[2] - a[2]) * weight),
  ]
  return {
    matrix: [
      mix(from.matrix[0], to.matrix[0]),
      mix(from.matrix[1], to.matrix[1]),
      mix(from.matrix[2], to.matrix[2]),
    ],
    offset: mix(from.offset, to.offset),
  }
}

/** With as few passes over the pixels as the grade needs. */
export function applyGrade(image: Sharp, { matrix, offset }: Grade): Sharp {
  const [[r, rg, rb], [gr, g, gb], [br, bg, b]] = matrix
  const isDiagonal = [rg, rb, gr, gb, br, bg].every((value) => value === 0)
  if (isDiagonal) return image.linear([r, g, b], offset)
  const mixed = image.recomb(matrix)
  return offset.some((value) => value !== 0) ? mixed.linear([1, 1, 1], offset) : mixed
}
