// What is noted of jobs beside their own path: which booth was seen, and how the last minutes went. It is written some
// moments later and all at once, so that no booth waits for it; what a crash loses is not missed.
import type { Database, Query } from '../db/database.ts'
import type { Clock } from '../lib/clock.ts'
import { recentMs } from './checks.ts'

const minuteMs = 60_000

export interface Booth {
  name: string
  lastSeenAt: number
  slotId: string
  /** The last job of it that got a picture; whether that is still kept is another question. */
  pictureJobId: string | undefined
  software: string | undefined
  version: string | undefined
}

export type Sightings = ReturnType<typeof createSightings>

export function createSightings({ db, clock }: { db: Database; clock: Clock }) {
  return {
    /** Jobs that were taken in, and jobs that have ended. Test runs do not count. */
    async note({ queued, ended }: { queued: readonly string[]; ended: readonly string[] }): Promise<void> {
      if (queued.length + ended.length === 0) return
      await db.write(
        async (tx) => {
          const jobs = await tx
            .selectFrom('jobs')
            .select([
              'id',
              'slot_id',
              'fields_json',
              'created_at',
              'finalized_at',
              'status',
              'degraded_reason',
            ])
            .select('failure_reason')
            .where('id', 'in', [...new Set([...queued, ...ended])])
            .where('is_test', '=', 0)
            .orderBy('created_at')
            .execute()
          for (const job of jobs) await noteBooth(tx, job)
          for (const job of jobs) if (ended.includes(job.id)) await noteEnd(tx, job)
          await tx
            .deleteFrom('recent_ends')
            .where('minute_start', '<', clock.now() - recentMs - minuteMs)
            .execute()
        },
        { durable: false },
      )
    },

    /** Of the last quarter of an hour. */
    async countRecent(): Promise<{ ended: number; poor: number }> {
      const sums = await db.query
        .selectFrom('recent_ends')
        .select((eb) => [
          eb.fn.sum<number | null>('ended').as('ended'),
          eb.fn.sum<number | null>('poor').as('poor'),
        ])
        .where('minute_start', '>', clock.now() - recentMs - minuteMs)
        .executeTakeFirstOrThrow()
      return { ended: Number(sums.ended ?? 0), poor: Number(sums.poor ?? 0) }
    },

    /** The last one seen first. */
    async listBooths(limit: number): Promise<Booth[]> {
      const rows = await db.query
        .selectFrom('booths')
        .selectAll()
        .orderBy('last_seen_at', 'desc')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        name: row.name,
        lastSeenAt: row.last_seen_at,
        slotId: row.slot_id,
        pictureJobId: row.picture_job_id ?? undefined,
        software: row.software ?? undefined,
        version: row.version ?? undefined,
      }))
    },
  }
}

interface NotedJob {
  id: string
  slot_id: string
  fields_json: string
  created_at: number
  finalized_at: number | null
  status: string
  degraded_reason: string | null
  failure_reason: string | null
}

async function noteBooth(tx: Query, job: NotedJob): Promise<void> {
  const fields = JSON.parse(job.fields_json) as Record<string, unknown>
  const text = (name: string) => {
    const value = fields[name]
    return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 80) : null
  }
  const name = text('name')
  if (name === null) return
  const seen = { slot_id: job.slot_id, software: text('software'), version: text('version') }
  const row = { last_seen_at: job.created_at, last_job_id: job.id, ...seen }
  await tx
    .insertInto('booths')
    .values({ name, ...row })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet(row).where('booths.last_seen_at', '<=', job.created_at),
    )
    .execute()
  if (job.status === 'succeeded')
    await tx.updateTable('booths').set({ picture_job_id: job.id }).where('name', '=', name).execute()
}

async function noteEnd(tx: Query, job: NotedJob): Promise<void> {
  if (job.failure_reason === 'cancelled') return
  const at = job.finalized_at ?? job.created_at
  const poor = job.failure_reason !== null || job.degraded_reason !== null ? 1 : 0
  await tx
    .insertInto('recent_ends')
    .values({ minute_start: at - (at % minuteMs), ended: 1, poor })
    .onConflict((conflict) =>
      conflict.column('minute_start').doUpdateSet((eb) => ({
        ended: eb('recent_ends.ended', '+', 1),
        poor: eb('recent_ends.poor', '+', poor),
      })),
    )
    .execute()
}
