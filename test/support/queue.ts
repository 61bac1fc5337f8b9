// A queue on a fresh database, with a clock that the test moves.
import { migrate } from '../../src/db/migrate.ts'
import { createFinalizer } from '../../src/jobs/finalize.ts'
import type { Job } from '../../src/jobs/job.ts'
import { createQueue } from '../../src/jobs/queue.ts'
import { createJobReader } from '../../src/jobs/read-jobs.ts'
import { createStats } from '../../src/stats/stats.ts'
import { makeDatabase } from './backends.ts'
import { createTestClock } from './clock.ts'

export async function openTestQueue({ maxInFlightJobs = 12 } = {}) {
  const clock = createTestClock()
  const database = await makeDatabase()
  const db = database.open()
  await migrate(db)
  const stats = createStats({ db })
  const cleaned: Job[] = []
  return {
    clock,
    db,
    stats,
    /** Jobs whose temporary files were to be removed, in order. */
    cleaned,
    queue: createQueue({ db, clock, maxInFlightJobs }),
    reader: createJobReader({ db, clock }),
    finalizer: createFinalizer({
      db,
      clock,
      recordFinalized: stats.record,
      cleanUp: async (job) => {
        cleaned.push(job)
      },
    }),
    close: database.remove,
  }
}

export type TestQueue = Awaited<ReturnType<typeof openTestQueue>>
