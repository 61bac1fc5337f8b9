// Whether something may still be added to a job.
import type { Query } from '../db/database.ts'
import { AppError } from '../errors.ts'

/** When its window closes, epoch ms. @throws AppError job_not_found, job_already_final */
export async function getActiveDeadline(query: Query, jobId: string, now: number): Promise<number> {
  const details = { job_id: jobId }
  const row = await query
    .selectFrom('jobs')
    .select(['is_finalized', 'expires_at'])
    .where('id', '=', jobId)
    .executeTakeFirst()
  if (!row) throw new AppError('job_not_found', { details })
  if (row.is_finalized === 1 || row.expires_at <= now) throw new AppError('job_already_final', { details })
  return row.expires_at
}
