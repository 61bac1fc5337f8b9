// The roll-ups of what jobs ended in, by slot, provider and period.
import { sql } from 'kysely'
import type { Query, Statement } from '../db/database.ts'
import type { CountColumns } from '../db/tables.ts'
import { periodStart } from './periods.ts'
import type { Segment } from './segments.ts'

/** The lengths that are written, from the longest on. */
export const countPeriods = ['day', 'hour'] as const
export type CountPeriod = (typeof countPeriods)[number]

export const countColumns = [
  'success',
  'timeouts',
  'provider_errors',
  'cancelled',
  'degraded',
  'cost_micro_usd',
  'elapsed_ms',
  'elapsed_count',
] as const satisfies readonly (keyof CountColumns)[]

export interface PeriodCounts extends CountColumns {
  period_start: number
}

interface CountKey {
  slotId: string
  providerId: string
  at: number
}

/** One statement for both lengths. */
export function addCounts(tx: Query, { slotId, providerId, at }: CountKey, counts: CountColumns): Statement {
  const rows = countPeriods.map((period) => ({
    slot_id: slotId,
    period,
    period_start: periodStart(at, period),
    provider_id: providerId,
    ...counts,
  }))
  return tx
    .insertInto('stats_counts')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['slot_id', 'period', 'period_start', 'provider_id']).doUpdateSet((eb) => ({
        success: eb('stats_counts.success', '+', eb.ref('excluded.success')),
        timeouts: eb('stats_counts.timeouts', '+', eb.ref('excluded.timeouts')),
        provider_errors: eb('stats_counts.provider_errors', '+', eb.ref('excluded.provider_errors')),
        cancelled: eb('stats_counts.cancelled', '+', eb.ref('excluded.cancelled')),
        degraded: eb('stats_counts.degraded', '+', eb.ref('excluded.degraded')),
        cost_micro_usd: eb('stats_counts.cost_micro_usd', '+', eb.ref('excluded.cost_micro_usd')),
        elapsed_ms: eb('stats_counts.elapsed_ms', '+', eb.ref('excluded.elapsed_ms')),
        elapsed_count: eb('stats_counts.elapsed_count', '+', eb.ref('excluded.elapsed_count')),
      })),
    )
}

export interface CountFilter {
  /** All slots when undefined. */
  slotId?: string | undefined
  /** What the slot was set to; all providers when undefined. */
  providerId?: string | undefined
}

/** Summed by period; periods without any job are left out. */
export async function listCounts(
  query: Query,
  segment: Segment<CountPeriod>,
  { slotId, providerId }: CountFilter,
): Promise<PeriodCounts[]> {
  let counts = query
    .selectFrom('stats_counts')
    .select('period_start')
    .select((eb) => countColumns.map((column) => sql<number>`sum(${eb.ref(column)})`.as(column)))
    .where('period', '=', segment.period)
    .where('period_start', '>=', segment.from)
    .where('period_start', '<', segment.to)
  if (slotId !== undefined) counts = counts.where('slot_id', '=', slotId)
  if (providerId !== undefined) counts = counts.where('provider_id', '=', providerId)
  const rows = await counts.groupBy('period_start').execute()
  return rows.map((row) => ({ period_start: Number(row.period_start), ...toNumbers(row) }))
}

/** A sum of big integers comes as text from some databases. */
const toNumbers = (row: CountColumns) =>
  Object.fromEntries(countColumns.map((column) => [column, Number(row[column])])) as unknown as CountColumns
