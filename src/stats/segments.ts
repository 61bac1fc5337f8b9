// A range of time as the fewest roll-ups that make it up, such as whole days, and hours before and after them.
import { periodEnd, periodStart } from './periods.ts'

export type RollUp = 'hour' | 'day' | 'week'

/** All periods of one length that start from `from` to before `to`. */
export interface Segment<Period extends RollUp> {
  period: Period
  from: number
  to: number
}

/** `lengths` from the longest on. The periods of the shortest that `from` and `to` lie in are covered entirely. */
export function toSegments<Period extends RollUp>(
  from: number,
  to: number,
  lengths: readonly [Period, ...Period[]],
): Segment<Period>[] {
  const shortest = lengths.at(-1) ?? lengths[0]
  return split(periodStart(from, shortest), nextStart(to, shortest), lengths)
}

/** Both ends lie on the shortest length. */
function split<Period extends RollUp>(
  from: number,
  to: number,
  [length, ...shorter]: readonly Period[],
): Segment<Period>[] {
  if (length === undefined || from >= to) return []
  const first = nextStart(from, length)
  const last = periodStart(to, length)
  if (first >= last) return split(from, to, shorter)
  return [
    ...split(from, first, shorter),
    { period: length, from: first, to: last },
    ...split(last, to, shorter),
  ]
}

function nextStart(at: number, length: RollUp): number {
  const start = periodStart(at, length)
  return start === at ? at : periodEnd(start, length)
}
