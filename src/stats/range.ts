// Which ranges of time may be asked for, and what is read where nothing is said. The same for the API and the commands.
import { dayMs, type Grouping } from './periods.ts'
import type { StatsRange } from './stats.ts'

interface RangeLimits {
  defaultDays: number
  maxDays: number
  defaultGrouping: Grouping
  groupings: readonly Grouping[]
}

export const slotLimits = {
  defaultDays: 14,
  maxDays: 31,
  defaultGrouping: 'day',
  groupings: ['hour', 'day', 'week'],
} as const satisfies RangeLimits

export const globalLimits = {
  defaultDays: 56,
  maxDays: 90,
  defaultGrouping: 'week',
  groupings: ['day', 'week', 'month'],
} as const satisfies RangeLimits

interface AskedRange {
  from?: number | undefined
  to?: number | undefined
  grouping?: Grouping | undefined
}

export type RangeProblem = { field: 'from' | 'to' | 'group_by'; message: string }

/** `to` is now by default and may lie ahead, as the end of today does; `from` may not: there is nothing to count yet. */
export function toRange(asked: AskedRange, limits: RangeLimits, now: number): StatsRange | RangeProblem {
  const { to = now, grouping = limits.defaultGrouping } = asked
  const from = asked.from ?? to - limits.defaultDays * dayMs
  const problem = (field: RangeProblem['field'], message: string) => ({ field, message })
  if (!limits.groupings.includes(grouping))
    return problem('group_by', `must be one of: ${limits.groupings.join(', ')}`)
  // Without `from` it can only be `to` that is wrong.
  if (from > now) return problem(asked.from === undefined ? 'to' : 'from', 'lies in the future')
  if (from >= to) return problem('from', 'must be before "to"')
  if (to - from > limits.maxDays * dayMs)
    return problem('from', `must be at most ${limits.maxDays} days before "to"`)
  return { from, to, grouping }
}

export const isProblem = (range: StatsRange | RangeProblem): range is RangeProblem => 'message' in range
