// One job through our own queue: enqueued, claimed and finalized, with its log and its statistics.
import type { Database } from '../../src/db/database.ts'
import { leaseOf } from '../../src/jobs/job.ts'
import { createQueue } from '../../src/jobs/queue.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { openFinalizer } from '../support/finalizer.ts'
import { createNewJob } from '../support/job.ts'

const mostTries = 100

/**
 * There is a job for everybody who claims, but of several at once one may be passed over because of the others.
 * @throws Error when it is not there
 */
export async function insist<T>(claim: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const claimed = await claim()
    if (claimed !== undefined) return claimed
  }
  throw new Error('nothing to claim')
}

export function createOwnCycle(db: Database): () => Promise<void> {
  const queue = createQueue({ db, clock: systemClock, maxInFlightJobs: 12 })
  const finalizer = openFinalizer(db)
  return async () => {
    await queue.enqueue(createNewJob())
    const job = await insist(() => queue.claim('bench'))
    const done = await finalizer.succeed(leaseOf(job), {
      result: { path: `results/${job.id}.jpg`, mime: 'image/jpeg', sizeBytes: 3, checksum: 'abc' },
      retentionHours: 72,
      providerId: 'echo',
      providerLatencyMs: 1,
      publish: async () => undefined,
    })
    if (!done) throw new Error('lost the lease')
  }
}
