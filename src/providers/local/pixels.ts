// How this provider uses sharp: with limits, and with its failures translated.
import type { Sharp, SharpOptions } from 'sharp'
import { AppError } from '../../errors.ts'

/** For files from outside: a truncated one is an error, a huge one is refused, rows are read once from top to bottom. */
export const fileInput = {
  failOn: 'error',
  limitInputPixels: 125_000_000,
  sequentialRead: true,
} as const satisfies SharpOptions

/** Uncompressed pixels in memory. */
export interface Pixels {
  data: Buffer
  width: number
  height: number
  channels: 1 | 2 | 3 | 4
}

export const rawInput = ({ width, height, channels }: Omit<Pixels, 'data'>) => ({
  raw: { width, height, channels },
})

export async function toPixels(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height, channels: info.channels }
}

/** @throws AppError bad_input, provider_timeout, or provider_unavailable when the disk did not take the result */
export async function translatingFailure<T>(
  work: Promise<T>,
  message = 'The photo cannot be read.',
): Promise<T> {
  try {
    return await work
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (/^timeout:/.test(reason)) throw new AppError('provider_timeout', { cause })
    if (/for write|write error|write failed|No space left/i.test(reason)) {
      throw new AppError('provider_unavailable', { message: 'The result cannot be written.', cause })
    }
    throw new AppError('bad_input', { message, cause })
  }
}
