// What a choice on the page of statistics means as a range of time.
import { z } from 'zod'
import { dayMs, type Grouping, hourMs } from '../stats/periods.ts'
import { globalLimits } from '../stats/range.ts'
import type { StatsRange } from '../stats/stats.ts'
import { optionalChoice } from './choices.ts'

export const presets = ['24h', '7d', '14d', '8w', 'custom'] as const
export type Preset = (typeof presets)[number]

export const groupings = ['hour', 'day', 'week', 'month'] as const satisfies readonly Grouping[]

const presetLengthMs = { '24h': dayMs, '7d': 7 * dayMs, '14d': 14 * dayMs, '8w': 56 * dayMs } as const
/** More bars than that nobody can tell apart. */
const maxHours = 3 * 24

const date = z.iso.date().optional().catch(undefined)

export const rangeFields = {
  range: optionalChoice(presets),
  from: date,
  to: date,
  group_by: optionalChoice(groupings),
}

export interface ChosenRange extends StatsRange {
  preset: Preset
  /** Of a custom range: why it is not what was asked for, as the key of a text. */
  problem: 'order' | 'future' | 'tooLong' | undefined
}

interface Asked {
  range?: Preset | undefined
  from?: string | undefined
  to?: string | undefined
  group_by?: Grouping | undefined
}

/** Dates are whole UTC days, and both belong to the range. */
export function toChosenRange(asked: Asked, now: number): ChosenRange {
  const preset = asked.range ?? (asked.from !== undefined ? 'custom' : '14d')
  let problem: ChosenRange['problem']
  let to = now
  let from = now - presetLengthMs[preset === 'custom' ? '14d' : preset]
  if (preset === 'custom' && asked.from !== undefined) {
    const askedFrom = Date.parse(asked.from)
    const askedTo = asked.to === undefined ? now : Math.min(now, Date.parse(asked.to) + dayMs)
    if (askedFrom > now) problem = 'future'
    else if (askedFrom >= askedTo) problem = 'order'
    else if (askedTo - askedFrom > globalLimits.maxDays * dayMs) problem = 'tooLong'
    else {
      from = askedFrom
      to = askedTo
    }
  }
  return { preset, problem, from, to, grouping: toGrouping(asked.group_by, to - from) }
}

function toGrouping(asked: Grouping | undefined, lengthMs: number): Grouping {
  const usual = lengthMs <= 2 * dayMs ? 'hour' : lengthMs <= 31 * dayMs ? 'day' : 'week'
  if (asked === undefined) return usual
  return asked === 'hour' && lengthMs > maxHours * hourMs ? usual : asked
}
