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

/** Ends the job itself when its window closes. @throws AppError queue_unavailable when the signal fires first */
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
      const current = await reader.get(job.id)
      if (current.isFinalized) return current
      if (job.expiresAt <= clock.now()) {
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
