// Holds a booth's request until its job is final, by announcement, with the rows as the truth underneath.
import type { Database } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { expectAnnouncement } from '../jobs/events.ts'
import type { Finalizer } from '../jobs/finalize.ts'
import type { Job } from '../jobs/job.ts'
import type { JobReader } from '../jobs/read-jobs.ts'
import type { Clock } from '../lib/clock.ts'

const pollMs = 1_000

export interface WaitDeps {
  db: Database
  clock: Clock
  reader: Pick<JobReader, 'get'>
  finalizer: Pick<Finalizer, 'timeout'>
}

/**
 * Ends the job itself when its window closes. A database that is away meanwhile is waited for.
 * @throws AppError queue_unavailable when the signal fires first, or the database is away when the window closes
 */
export async function waitUntilFinal(
  { db, clock, reader, finalizer }: WaitDeps,
  job: Job,
  signal: AbortSignal,
): Promise<Job> {
  for (;;) {
    const wake = expectAnnouncement(db, {
      topic: 'job.finalized',
      id: job.id,
      atMostMs: Math.min(pollMs, job.expiresAt - clock.now()),
      signal,
    })
    try {
      const isOver = job.expiresAt <= clock.now()
      const current = isOver ? await reader.get(job.id) : await unlessAway(reader.get(job.id))
      if (current?.isFinalized) return current
      if (isOver) {
        const ended = await finalizer.timeout(job.id)
        if (ended) return ended
      } else {
        await wake.arrived
      }
    } finally {
      wake.cancel()
    }
    if (signal.aborted) throw new AppError('queue_unavailable', { message: 'The server is shutting down.' })
  }
}

async function unlessAway<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof AppError && error.code === 'queue_unavailable') return undefined
    throw error
  }
}
