// Statistics: hourly roll-ups, counted in the transaction that finalizes a job, and figures made of them.
import { sql } from 'kysely'
import type { Database, Query } from '../db/database.ts'
import { type Grouping, hourMs, periodEnd, periodStart } from './periods.ts'

export interface Figures {
  success: number
  timeouts: number
  providerErrors: number
  cancelled: number
  /** Successes whose picture is not one of the slot's own providers. */
  degraded: number
  costMicroUsd: number
  /** All that did not end in a picture. */
  errors: number
  ingestCount: number
}

export interface StatsRow extends Figures {
  periodStart: number
  periodEnd: number
}

export interface StatsQuery {
  /** All slots when undefined. */
  slotId?: string
  /** Epoch ms; the whole hour that it lies in counts. */
  from: number
  to: number
  grouping: Grouping
}

interface FinalizedJob {
  slotId: string
  finalizedAt: number
  failureReason: 'timeout' | 'provider_error' | 'cancelled' | undefined
  /** The picture is not one of the slot's own providers. */
  isDegraded: boolean
  costMicroUsd: number
}

export type Stats = ReturnType<typeof createStats>

export function createStats({ db }: { db: Database }) {
  return {
    /** Part of the transaction that finalizes the job. */
    async record(
      tx: Query,
      { slotId, finalizedAt, failureReason, isDegraded, costMicroUsd }: FinalizedJob,
    ): Promise<void> {
      const counts = {
        success: failureReason === undefined ? 1 : 0,
        timeouts: failureReason === 'timeout' ? 1 : 0,
        provider_errors: failureReason === 'provider_error' ? 1 : 0,
        cancelled: failureReason === 'cancelled' ? 1 : 0,
        degraded: isDegraded ? 1 : 0,
        cost_micro_usd: costMicroUsd,
      }
      await tx
        .insertInto('stats_hourly')
        .values({ slot_id: slotId, period_start: periodStart(finalizedAt, 'hour'), ...counts })
        .onConflict((conflict) =>
          conflict.columns(['slot_id', 'period_start']).doUpdateSet((eb) => ({
            success: eb('stats_hourly.success', '+', counts.success),
            timeouts: eb('stats_hourly.timeouts', '+', counts.timeouts),
            provider_errors: eb('stats_hourly.provider_errors', '+', counts.provider_errors),
            cancelled: eb('stats_hourly.cancelled', '+', counts.cancelled),
            degraded: eb('stats_hourly.degraded', '+', counts.degraded),
            cost_micro_usd: eb('stats_hourly.cost_micro_usd', '+', counts.cost_micro_usd),
          })),
        )
        .execute()
    },

    /** One row for each period from `from` to `to`, empty ones too, and their sum. */
    async read({ slotId, from, to, grouping }: StatsQuery): Promise<{ rows: StatsRow[]; summary: Figures }> {
      const hours = await db.query
        .selectFrom('stats_hourly')
        .select((eb) => [
          'period_start',
          sql<number>`sum(${eb.ref('success')})`.as('success'),
          sql<number>`sum(${eb.ref('timeouts')})`.as('timeouts'),
          sql<number>`sum(${eb.ref('provider_errors')})`.as('provider_errors'),
          sql<number>`sum(${eb.ref('cancelled')})`.as('cancelled'),
          sql<number>`sum(${eb.ref('degraded')})`.as('degraded'),
          sql<number>`sum(${eb.ref('cost_micro_usd')})`.as('cost_micro_usd'),
        ])
        .where('period_start', '>', from - hourMs)
        .where('period_start', '<', to)
        .$if(slotId !== undefined, (query) => query.where('slot_id', '=', slotId ?? ''))
        .groupBy('period_start')
        .execute()

      const rows = new Map<number, StatsRow>()
      for (let start = periodStart(from, grouping); start < to; start = periodEnd(start, grouping)) {
        rows.set(start, { periodStart: start, periodEnd: periodEnd(start, grouping), ...emptyFigures() })
      }
      const summary = emptyFigures()
      for (const hour of hours) {
        const row = rows.get(periodStart(hour.period_start, grouping))
        for (const figures of row ? [row, summary] : [summary]) {
          add(figures, {
            success: Number(hour.success),
            timeouts: Number(hour.timeouts),
            providerErrors: Number(hour.provider_errors),
            cancelled: Number(hour.cancelled),
            degraded: Number(hour.degraded),
            costMicroUsd: Number(hour.cost_micro_usd),
          })
        }
      }
      return { rows: [...rows.values()], summary }
    },
  }
}

function emptyFigures(): Figures {
  return {
    success: 0,
    timeouts: 0,
    providerErrors: 0,
    cancelled: 0,
    degraded: 0,
    costMicroUsd: 0,
    errors: 0,
    ingestCount: 0,
  }
}

function add(figures: Figures, counts: Omit<Figures, 'errors' | 'ingestCount'>): void {
  const errors = counts.timeouts + counts.providerErrors + counts.cancelled
  figures.success += counts.success
  figures.timeouts += counts.timeouts
  figures.providerErrors += counts.providerErrors
  figures.cancelled += counts.cancelled
  figures.degraded += counts.degraded
  figures.costMicroUsd += counts.costMicroUsd
  figures.errors += errors
  figures.ingestCount += counts.success + errors
}
