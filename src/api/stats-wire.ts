// Statistics on the wire: rows and summaries as the API and the commands give them, and both as CSV.
import { stringify } from 'csv-stringify/sync'
import { z } from 'zod'
import { toIso } from '../lib/clock.ts'
import { averageElapsedMsOf, type Figures, inTimeShareOf, type StatsRow } from '../stats/figures.ts'
import type { ProviderLatency } from '../stats/latencies.ts'
import type { StatsRange } from '../stats/stats.ts'
import { timeSchema, toTime } from './parameters.ts'

const count = z.int()

const errorCounts = {
  timeouts: count,
  provider_errors: count,
  cancelled: count,
  errors: count.describe('All that did not end in a picture.'),
  ingest_count: count.describe('All that ended.'),
  degraded: count.describe('Successes whose picture is not one of the slot’s own providers.'),
  cost_usd: z.number().describe('What the providers’ calls for these jobs cost by our price list.'),
}

const averages = {
  in_time_share: z
    .number()
    .nullable()
    .describe('Successes by all that nobody cancelled, 0 to 1; null where there are none.'),
  average_elapsed_ms: z
    .number()
    .nullable()
    .describe('From the photo’s arrival to the end of its job; null where none was measured.'),
}

const rowSchema = z
  .object({
    period_start: timeSchema,
    period_end: timeSchema,
    success: count,
    ...errorCounts,
  })
  .meta({ id: 'StatisticsRow' })

const rangeSchema = z.object({ from: timeSchema, to: timeSchema, group_by: z.string() })

export const slotStatsSchema = z
  .object({
    slot_id: z.string(),
    range: rangeSchema,
    summary: z.object({
      title: z.string(),
      last_reset_at: timeSchema.nullable(),
      success: count,
      ...errorCounts,
      ...averages,
    }),
    metrics: z.array(rowSchema),
  })
  .meta({ id: 'SlotStatistics' })

export const globalStatsSchema = z
  .object({
    range: rangeSchema,
    summary: z.object({
      total_runs: count.describe('All jobs that ended.'),
      ...errorCounts,
      ...averages,
    }),
    data: z.array(rowSchema),
    meta: z.object({ page: z.int(), page_size: z.int(), total: z.int() }),
    providers: z.array(
      z.object({
        provider_id: z.string(),
        calls: count.describe('Calls that ended in a delivered picture.'),
        p50_ms: z.number(),
        p90_ms: z.number(),
        p99_ms: z.number(),
      }),
    ),
  })
  .meta({ id: 'GlobalStatistics' })

const toErrorCounts = (figures: Figures) => ({
  timeouts: figures.timeouts,
  provider_errors: figures.providerErrors,
  cancelled: figures.cancelled,
  errors: figures.errors,
  ingest_count: figures.ingestCount,
  degraded: figures.degraded,
  cost_usd: figures.costMicroUsd / 1_000_000,
})

const toAverages = (figures: Figures) => ({
  in_time_share: inTimeShareOf(figures) ?? null,
  average_elapsed_ms: averageElapsedMsOf(figures) ?? null,
})

const toRowWire = (row: StatsRow) => ({
  period_start: toIso(row.periodStart),
  period_end: toIso(row.periodEnd),
  success: row.success,
  ...toErrorCounts(row),
})

const toRangeWire = ({ from, to, grouping }: StatsRange) => ({
  from: toIso(from),
  to: toIso(to),
  group_by: grouping,
})

interface SlotStats {
  slot: { id: string; name: string }
  range: StatsRange
  reading: { rows: StatsRow[]; summary: Figures; lastResetAt: number | undefined }
}

export const toSlotStatsWire = ({ slot, range, reading }: SlotStats) => ({
  slot_id: slot.id,
  range: toRangeWire(range),
  summary: {
    title: slot.name,
    last_reset_at: toTime(reading.lastResetAt),
    success: reading.summary.success,
    ...toErrorCounts(reading.summary),
    ...toAverages(reading.summary),
  },
  metrics: reading.rows.map(toRowWire),
})

interface GlobalStats {
  range: StatsRange
  summary: Figures
  /** Of this page. */
  rows: readonly StatsRow[]
  page: { number: number; size: number; total: number }
  latencies: readonly ProviderLatency[]
}

export const toGlobalStatsWire = ({ range, summary, rows, page, latencies }: GlobalStats) => ({
  range: toRangeWire(range),
  summary: {
    total_runs: summary.ingestCount,
    ...toErrorCounts(summary),
    ...toAverages(summary),
  },
  data: rows.map(toRowWire),
  meta: { page: page.number, page_size: page.size, total: page.total },
  providers: latencies.map(({ providerId, calls, p50Ms, p90Ms, p99Ms }) => ({
    provider_id: providerId,
    calls,
    p50_ms: p50Ms,
    p90_ms: p90Ms,
    p99_ms: p99Ms,
  })),
})

/** Times and numbers only, so no spreadsheet takes a cell for a formula. The heading is there without rows, too. */
export const toCsv = (rows: readonly StatsRow[]): string =>
  stringify(rows.map(toRowWire), { header: true, columns: Object.keys(rowSchema.shape) })

/** `stats-slot-001-2026-11-10-2026-11-24.csv` */
export const toCsvName = (of: string, { from, to }: StatsRange): string =>
  `stats-${of}-${toIso(from).slice(0, 10)}-${toIso(to).slice(0, 10)}.csv`
