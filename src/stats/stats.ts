// Statistics: what came of the photos. Counted in the transaction that finalizes a job, and read live from the roll-ups:
// no figure is older than the last commit, and none needs the table of jobs.
import type { Database, Query, Statement } from '../db/database.ts'
import {
  addCounts,
  type CountFilter,
  type CountPeriod,
  countPeriods,
  listCounts,
  type PeriodCounts,
} from './counts.ts'
import { addFigures, emptyFigures, type Figures, type StatsRow } from './figures.ts'
import { addLatency, listLatencies, type Picture } from './latencies.ts'
import { type Grouping, periodEnd, periodStart } from './periods.ts'
import { findReset } from './resets.ts'
import { toSegments } from './segments.ts'

export interface StatsRange {
  /** Epoch ms; the whole hours that `from` and `to` lie in count. */
  from: number
  to: number
  grouping: Grouping
}

export interface StatsReading {
  /** One for each calendar period that the range touches, empty ones too. */
  rows: StatsRow[]
  summary: Figures
}

interface FinalizedJob {
  slotId: string
  /** What the slot was set to when the job was created. */
  providerId: string
  finalizedAt: number
  /** Since the photo's arrival. */
  elapsedMs: number
  failureReason: 'timeout' | 'provider_error' | 'cancelled' | undefined
  /** The picture is not one of the slot's own providers. */
  isDegraded: boolean
  costMicroUsd: number
  /** Undefined where there is none. */
  picture: Picture | undefined
}

export type Stats = ReturnType<typeof createStats>

export function createStats({ db }: { db: Database }) {
  async function listPeriods(range: StatsRange, filter: CountFilter): Promise<PeriodCounts[]> {
    const lengths = range.grouping === 'hour' ? (['hour'] as const) : countPeriods
    const periods: PeriodCounts[] = []
    for (const segment of toSegments<CountPeriod>(range.from, range.to, lengths))
      periods.push(...(await listCounts(db.query, segment, filter)))
    return periods
  }

  return {
    /** For the transaction that finalizes the job. */
    record(tx: Query, job: FinalizedJob): Statement[] {
      const { slotId, providerId, finalizedAt, failureReason, picture } = job
      const counted = addCounts(
        tx,
        { slotId, providerId, at: finalizedAt },
        {
          success: failureReason === undefined ? 1 : 0,
          timeouts: failureReason === 'timeout' ? 1 : 0,
          provider_errors: failureReason === 'provider_error' ? 1 : 0,
          cancelled: failureReason === 'cancelled' ? 1 : 0,
          degraded: job.isDegraded ? 1 : 0,
          cost_micro_usd: job.costMicroUsd,
          elapsed_ms: job.elapsedMs,
          elapsed_count: 1,
        },
      )
      return picture ? [counted, addLatency(tx, picture, finalizedAt)] : [counted]
    },

    /** Of all slots or one, and all providers or one, whether or not a slot's figures have been reset. */
    async read({ slotId, providerId, ...range }: StatsRange & CountFilter): Promise<StatsReading> {
      return toReading(range, await listPeriods(range, { slotId, providerId }))
    },

    /** Of one slot, counted from its last reset. */
    async readSlot(
      slotId: string,
      range: StatsRange,
    ): Promise<StatsReading & { lastResetAt: number | undefined }> {
      const reset = await findReset(db.query, slotId)
      const resetHour = reset && periodStart(reset.resetAt, 'hour')
      const from = Math.max(range.from, resetHour ?? 0)
      const periods = from < range.to ? await listPeriods({ ...range, from }, { slotId }) : []
      const isCut = reset && resetHour === periodStart(from, 'hour') && from < range.to
      return {
        ...toReading(range, periods, isCut ? [{ period_start: resetHour, ...reset.counted }] : []),
        lastResetAt: reset?.resetAt,
      }
    },

    /** Of all slots, on the whole UTC days that the range touches: how long each provider's pictures took. */
    readLatencies: (range: { from: number; to: number; providerId?: string | undefined }) =>
      listLatencies(db.query, range),

    /** From when the slot's figures count; undefined: from the beginning. */
    lastResetAt: async (slotId: string): Promise<number | undefined> =>
      (await findReset(db.query, slotId))?.resetAt,

    /** By the slot's id. */
    async listResets(): Promise<Map<string, number>> {
      const rows = await db.query.selectFrom('stats_resets').select(['slot_id', 'reset_at']).execute()
      return new Map(rows.map((row) => [row.slot_id, row.reset_at]))
    },
  }
}

function toReading(
  { from, to, grouping }: StatsRange,
  counted: readonly PeriodCounts[],
  subtracted: readonly PeriodCounts[] = [],
): StatsReading {
  const rows = new Map<number, StatsRow>()
  for (let start = periodStart(from, grouping); start < to; start = periodEnd(start, grouping)) {
    rows.set(start, { periodStart: start, periodEnd: periodEnd(start, grouping), ...emptyFigures() })
  }
  const summary = emptyFigures()
  for (const [periods, sign] of [
    [counted, 1],
    [subtracted, -1],
  ] as const) {
    for (const period of periods) {
      const row = rows.get(periodStart(period.period_start, grouping))
      if (row) addFigures(row, period, sign)
      addFigures(summary, period, sign)
    }
  }
  return { rows: [...rows.values()], summary }
}
