// Query parameters that several endpoints take, and the shapes that several answers have.
import { z } from 'zod'
import { toIso } from '../lib/clock.ts'

const wholeNumber = (min: number, max: number) =>
  z.coerce
    .number(`must be a whole number from ${min} to ${max}`)
    .int(`must be a whole number from ${min} to ${max}`)
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)

export const pageParameter = wholeNumber(1, 1_000_000).default(1).describe('Which page, from 1.')

export const pageSizeParameter = (atMost: number, usual: number) =>
  wholeNumber(1, atMost).default(usual).describe('How many entries a page has.')

export const flagParameter = z.stringbool({
  truthy: ['true'],
  falsy: ['false'],
  error: 'must be true or false',
})

/** RFC 3339 with an offset, or a date, which is its first moment in UTC; epoch ms inside. */
export const timeParameter = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], 'must be an RFC 3339 time or a date')
  .transform((text) => Date.parse(text))

export const sortOrderParameter = z.enum(['asc', 'desc']).default('desc')

/** A time on the wire. */
export const timeSchema = z.iso.datetime().meta({ example: '2026-06-05T18:31:07.250Z' })

export const toTime = (at: number | undefined): string | null => (at === undefined ? null : toIso(at))
