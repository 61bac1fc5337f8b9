// Looking at jobs: one, many, and the state of the queue.
import type { Database } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { type Job, type JobStatus, toJob } from './job.ts'
import { listLog } from './job-log.ts'
import { countJobs, type JobFilter, type JobPage, listJobs } from './list-jobs.ts'

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

    /** The newest. @throws AppError invalid_request for an unknown slot */
    list: (filter: JobFilter, limit: number): Promise<Job[]> =>
      listJobs(db, filter, { page: 1, pageSize: limit, sortBy: 'created_at', sortOrder: 'desc' }),

    /** @throws AppError invalid_request for an unknown slot, or a page that is too deep */
    async listPage(filter: JobFilter, page: JobPage): Promise<{ jobs: Job[]; total: number }> {
      return { jobs: await listJobs(db, filter, page), total: await countJobs(db.query, filter) }
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

    async hasAny(): Promise<boolean> {
      return (await db.query.selectFrom('jobs').select('id').limit(1).executeTakeFirst()) !== undefined
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
