// The figures that are shown, made of what the roll-ups count.
import type { CountColumns } from '../db/tables.ts'

export interface Figures {
  success: number
  timeouts: number
  providerErrors: number
  cancelled: number
  /** All that did not end in a picture. */
  errors: number
  /** All that ended. */
  ingestCount: number
  /** Successes whose picture is not one of the slot's own providers. */
  degraded: number
  costMicroUsd: number
  /** From arrival to end, summed over `elapsedCount` jobs. */
  elapsedMs: number
  elapsedCount: number
}

export interface StatsRow extends Figures {
  periodStart: number
  periodEnd: number
}

export const emptyFigures = (): Figures => ({
  success: 0,
  timeouts: 0,
  providerErrors: 0,
  cancelled: 0,
  errors: 0,
  ingestCount: 0,
  degraded: 0,
  costMicroUsd: 0,
  elapsedMs: 0,
  elapsedCount: 0,
})

/** Adds to `figures` in place, or takes away. */
export function addFigures(figures: Figures, counts: CountColumns, sign: 1 | -1): void {
  const errors = counts.timeouts + counts.provider_errors + counts.cancelled
  figures.success += sign * counts.success
  figures.timeouts += sign * counts.timeouts
  figures.providerErrors += sign * counts.provider_errors
  figures.cancelled += sign * counts.cancelled
  figures.errors += sign * errors
  figures.ingestCount += sign * (counts.success + errors)
  figures.degraded += sign * counts.degraded
  figures.costMicroUsd += sign * counts.cost_micro_usd
  figures.elapsedMs += sign * counts.elapsed_ms
  figures.elapsedCount += sign * counts.elapsed_count
}

/** Of the photos that nobody cancelled: how many got their picture inside the window. Undefined where there are none. */
export function inTimeShareOf({ success, ingestCount, cancelled }: Figures): number | undefined {
  const counting = ingestCount - cancelled
  return counting > 0 ? success / counting : undefined
}

/** Undefined where no time was measured. */
export const averageElapsedMsOf = ({ elapsedMs, elapsedCount }: Figures): number | undefined =>
  elapsedCount > 0 ? elapsedMs / elapsedCount : undefined
