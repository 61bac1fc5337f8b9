// Looking at jobs: one, many, and the state of the queue.
import type { Database } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { type FailureReason, type Job, type JobStatus, toJob } from './job.ts'
import { listLog } from './job-log.ts'

export interface JobFilter {
  slotId?: string
  status?: JobStatus
  isFinalized?: boolean
  failureReason?: FailureReason
}

export type JobReader = ReturnType<typeof createJobReader>

export function createJobReader({ db, clock }: { db: Database; clock: Clock }) {
  async function find(id: string): Promise<Job | undefined> {
    const row = await db.query.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toJob(row)
  }

  return {
    find,

    /** @throws AppError job_not_found */
    async get(id: string): Promise<Job> {
      const job = await find(id)
      if (!job) throw new AppError('job_not_found', { details: { job_id: id } })
      return job
    },

    log: (id: string) => listLog(db.query, id),

    /** Newest first. */
    async list(filter: JobFilter, limit: number): Promise<Job[]> {
      let query = db.query.selectFrom('jobs').selectAll()
      if (filter.slotId !== undefined) query = query.where('slot_id', '=', filter.slotId)
      if (filter.status !== undefined) query = query.where('status', '=', filter.status)
      if (filter.isFinalized !== undefined)
        query = query.where('is_finalized', '=', filter.isFinalized ? 1 : 0)
      if (filter.failureReason !== undefined) query = query.where('failure_reason', '=', filter.failureReason)
      const rows = await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
      return rows.map(toJob)
    },

    /** Of these ids, those whose job is final or unknown: nothing may go on for them. */
    async listEnded(ids: readonly string[]): Promise<string[]> {
      if (ids.length === 0) return []
      const active = await db.query
        .selectFrom('jobs')
        .select('id')
        .where('id', 'in', ids)
        .where('is_finalized', '=', 0)
        .execute()
      const activeIds = new Set(active.map((row) => row.id))
      return ids.filter((id) => !activeIds.has(id))
    },

    async queueState(): Promise<{ pending: number; processing: number; oldestAgeMs: number }> {
      const rows = await db.query
        .selectFrom('jobs')
        .select((eb) => [
          'status',
          eb.fn.countAll<number>().as('count'),
          eb.fn.min('created_at').as('oldest'),
        ])
        .where('is_finalized', '=', 0)
        .groupBy('status')
        .execute()
      const count = (status: JobStatus) => Number(rows.find((row) => row.status === status)?.count ?? 0)
      const oldest = Math.min(...rows.map((row) => Number(row.oldest)))
      return {
        pending: count('pending'),
        processing: count('processing'),
        oldestAgeMs: rows.length === 0 ? 0 : Math.max(0, clock.now() - oldest),
      }
    },
  }
}
