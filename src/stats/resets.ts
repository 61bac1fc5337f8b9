// A slot whose figures start anew. Nothing is erased: reading begins at the reset, and what the hour of the reset had
// counted by then is subtracted.
import type { Database, Query } from '../db/database.ts'
import type { CountColumns } from '../db/tables.ts'
import { type Clock, toIso } from '../lib/clock.ts'
import { countColumns, listCounts } from './counts.ts'
import { hourMs, periodStart } from './periods.ts'

export interface StatsReset {
  resetAt: number
  /** Of the hour that `resetAt` lies in, until then. */
  counted: CountColumns
}

export async function findReset(query: Query, slotId: string): Promise<StatsReset | undefined> {
  const row = await query
    .selectFrom('stats_resets')
    .selectAll()
    .where('slot_id', '=', slotId)
    .executeTakeFirst()
  if (!row) return undefined
  const { slot_id: _, reset_at: resetAt, ...counted } = row
  return { resetAt, counted }
}

interface ResetDeps {
  db: Database
  clock: Clock
  /** Writes into the audit log, inside the transaction. */
  recordAudit(
    tx: Query,
    entry: { actor: string; action: string; target: string; before: unknown; after: unknown },
  ): Promise<void>
}

export type ResetStats = ReturnType<typeof createStatsReset>

/** The function that starts a slot's figures anew and resolves with the moment from which they count. */
export function createStatsReset({ db, clock, recordAudit }: ResetDeps) {
  return (slotId: string, actor: string): Promise<number> =>
    db.write(async (tx) => {
      // Read under the write lock, as the end of a job reads its own: what is counted by now ended before.
      const resetAt = clock.now()
      const previous = await findReset(tx, slotId)
      const hour = periodStart(resetAt, 'hour')
      const [counted = emptyCounts()] = await listCounts(
        tx,
        { period: 'hour', from: hour, to: hour + hourMs },
        { slotId },
      )
      const row = { reset_at: resetAt, ...pickCounts(counted) }
      await tx
        .insertInto('stats_resets')
        .values({ slot_id: slotId, ...row })
        .onConflict((conflict) => conflict.column('slot_id').doUpdateSet(row))
        .execute()
      const toEntry = (at: number | undefined) => ({ last_reset_at: at === undefined ? null : toIso(at) })
      await recordAudit(tx, {
        actor,
        action: 'slot.stats_reset',
        target: slotId,
        before: toEntry(previous?.resetAt),
        after: toEntry(resetAt),
      })
      return resetAt
    })
}

const emptyCounts = () =>
  Object.fromEntries(countColumns.map((column) => [column, 0])) as unknown as CountColumns

const pickCounts = (counts: CountColumns) =>
  Object.fromEntries(countColumns.map((column) => [column, counts[column]])) as unknown as CountColumns
