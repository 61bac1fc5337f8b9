// The newest requests of booths, whatever became of them: written after their answers, pruned to a number and an age.
import type { Database, Query } from '../db/database.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/id.ts'
import { type Hint, hintsOf } from './hints.ts'
import { type IngestOutcome, type IngestReport, outcomeOf, toReport } from './report.ts'
import type { Sighting } from './sighting.ts'

export const maxRequests = 200
/** What guests have typed at the booth is among the fields, so it goes with the pictures. */
const maxAgeMs = 72 * 3_600_000
/** A process prunes with every so many of its own requests. */
const pruneEvery = 20

export interface IngestRequest extends IngestReport {
  id: string
  at: number
  slotId: string
  outcome: IngestOutcome
  jobId: string | undefined
  hints: Hint[]
}

export interface RequestFilter {
  slotId?: string | undefined
  outcome?: IngestOutcome | undefined
  /** Only requests older than the one with this id. */
  before?: string | undefined
}

export type Inspector = ReturnType<typeof createInspector>

export function createInspector({ db, clock }: { db: Database; clock: Clock }) {
  let sincePruning = 0

  async function prune(): Promise<void> {
    const newest = (tx: Query) => tx.selectFrom('ingest_requests').select('id').orderBy('id', 'desc')
    await db.write(
      async (tx) => {
        const first = await newest(tx).offset(maxRequests).limit(1).executeTakeFirst()
        await tx
          .deleteFrom('ingest_requests')
          .where((eb) =>
            eb.or([eb('at', '<', clock.now() - maxAgeMs), ...(first ? [eb('id', '<=', first.id)] : [])]),
          )
          .execute()
      },
      { durable: false },
    )
  }

  return {
    /** After the answer; whoever calls it goes on when it rejects. */
    async record(seen: Sighting): Promise<void> {
      const row = {
        id: newId(),
        at: seen.at,
        slot_id: seen.slotId.slice(0, 100),
        outcome: outcomeOf(seen),
        job_id: seen.job?.id ?? null,
        report_json: JSON.stringify(toReport(seen)),
      }
      await db.write(
        async (tx) => {
          // It may have been erased while its booth was still waiting: then nothing of it comes back.
          const job = await tx
            .selectFrom('jobs')
            .select('erased_at')
            .where('id', '=', row.job_id ?? '')
            .executeTakeFirst()
          if (job && job.erased_at !== null) return
          await tx.insertInto('ingest_requests').values(row).execute()
        },
        { durable: false },
      )
      sincePruning += 1
      if (sincePruning < pruneEvery) return
      sincePruning = 0
      await prune()
    },

    prune,

    /** Newest first. */
    async list({ slotId, outcome, before }: RequestFilter, limit: number): Promise<IngestRequest[]> {
      let query = db.query.selectFrom('ingest_requests').selectAll()
      if (slotId !== undefined) query = query.where('slot_id', '=', slotId)
      if (outcome !== undefined) query = query.where('outcome', '=', outcome)
      if (before !== undefined) query = query.where('id', '<', before)
      return (await query.orderBy('id', 'desc').limit(limit).execute()).map(toRequest)
    },

    async find(id: string): Promise<IngestRequest | undefined> {
      const row = await db.query
        .selectFrom('ingest_requests')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst()
      return row && toRequest(row)
    },
  }
}

function toRequest(row: {
  id: string
  at: number
  slot_id: string
  outcome: IngestOutcome
  job_id: string | null
  report_json: string
}): IngestRequest {
  const report = JSON.parse(row.report_json) as IngestReport
  return {
    ...report,
    id: row.id,
    at: row.at,
    slotId: row.slot_id,
    outcome: row.outcome,
    jobId: row.job_id ?? undefined,
    hints: hintsOf(row.slot_id, row.outcome, report),
  }
}
