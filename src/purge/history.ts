// Forgets jobs that ended long ago, with everything about them. Statistics are figures of their own and stay.
import type { Database, Query } from '../db/database.ts'
import { hasOutcome, type Outcome, outcomes } from '../jobs/job-totals.ts'
import type { Clock } from '../lib/clock.ts'

interface HistoryDeps {
  db: Database
  clock: Clock
  /** How long jobs are kept at least; undefined: for ever. */
  historyMs: number | undefined
}

interface HistoryOptions {
  dryRun: boolean
  onBatch(jobs: number): void
  signal?: AbortSignal | undefined
}

/** Few enough for a transaction that nobody has to wait for. */
const batchSize = 200

export function createHistorySweep({ db, clock, historyMs }: HistoryDeps) {
  /** How many were forgotten. Those whose picture is still there wait for its end. */
  return async function sweepHistory(options: HistoryOptions): Promise<number> {
    if (historyMs === undefined) return 0
    const before = clock.now() - historyMs
    if (options.dryRun) return countOlder(before)
    let forgotten = 0
    const slots = await db.query.selectFrom('slots').select('id').execute()
    for (const { id: slotId } of slots)
      for (const outcome of outcomes) forgotten += await forgetAll({ slotId, outcome, before }, options)
    await db.query
      .deleteFrom('media_objects')
      .where('job_id', 'is', null)
      .where('path', 'is', null)
      .where('expires_at', '<', before)
      .execute()
    return forgotten
  }

  async function forgetAll(kind: Kind, { onBatch, signal }: HistoryOptions): Promise<number> {
    let forgotten = 0
    while (!signal?.aborted) {
      const batch = await db.write((tx) => forgetBatch(tx, kind))
      if (batch === 0) break
      forgotten += batch
      onBatch(batch)
    }
    return forgotten
  }

  async function countOlder(before: number): Promise<number> {
    const { jobs } = await db.query
      .selectFrom('jobs')
      .select((eb) => eb.fn.countAll<number>().as('jobs'))
      .where('is_finalized', '=', 1)
      .where('created_at', '<', before)
      .where('result_file_path', 'is', null)
      .executeTakeFirstOrThrow()
    return Number(jobs)
  }
}

/** Jobs that one index holds together. */
interface Kind {
  slotId: string
  outcome: Outcome
  before: number
}

async function forgetBatch(tx: Query, { slotId, outcome, before }: Kind): Promise<number> {
  const rows = await tx
    .selectFrom('jobs')
    .select('id')
    .where('slot_id', '=', slotId)
    .where(hasOutcome(outcome))
    .where('created_at', '<', before)
    .where('result_file_path', 'is', null)
    .orderBy('created_at')
    .limit(batchSize)
    .execute()
  if (rows.length === 0) return 0
  const ids = rows.map(({ id }) => id)
  for (const table of ['processing_log', 'media_objects', 'ingest_requests'] as const)
    await tx.deleteFrom(table).where('job_id', 'in', ids).execute()
  await tx.deleteFrom('jobs').where('id', 'in', ids).execute()
  await tx
    .updateTable('job_totals')
    .set((eb) => ({ jobs: eb('jobs', '-', ids.length) }))
    .where('slot_id', '=', slotId)
    .where('outcome', '=', outcome)
    .execute()
  return ids.length
}
