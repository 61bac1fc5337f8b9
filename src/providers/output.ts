// What every operation that makes a picture lets an operator choose about its file.
import { z } from 'zod'

export const output = {
  format: z.enum(['jpeg', 'png', 'webp']).default('jpeg').describe('File format of the finished picture.'),
  quality: z
    .int()
    .min(1)
    .max(100)
    .default(92)
    .describe('Quality of JPEG and WebP: 1 is the smallest file, 100 the best picture.'),
  long_edge_px: z
    .int()
    .min(16)
    .max(16_384)
    .optional()
    .describe('Scales the finished picture down until its longer edge has this many pixels; never up.'),
}

export interface OutputSettings {
  format: 'jpeg' | 'png' | 'webp'
  quality: number
  long_edge_px?: number | undefined
}
