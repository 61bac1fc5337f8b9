// The order of rows.
import type { StatsRow } from './figures.ts'

export const sortKeys = ['period_start', 'success', 'errors', 'ingest_count'] as const
export type SortKey = (typeof sortKeys)[number]

const sortValues: Record<SortKey, (row: StatsRow) => number> = {
  period_start: (row) => row.periodStart,
  success: (row) => row.success,
  errors: (row) => row.errors,
  ingest_count: (row) => row.ingestCount,
}

/** A copy. Of rows with the same value the newest comes first. */
export function sortRows(rows: readonly StatsRow[], key: SortKey, order: 'asc' | 'desc'): StatsRow[] {
  const sign = order === 'asc' ? 1 : -1
  const value = sortValues[key]
  return rows.toSorted((a, b) => sign * (value(a) - value(b)) || b.periodStart - a.periodStart)
}
