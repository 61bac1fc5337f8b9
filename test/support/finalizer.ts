import type { Database } from '../../src/db/database.ts'
import { createFinalizer } from '../../src/jobs/finalize.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createStats } from '../../src/stats/stats.ts'

/** Ends jobs with their statistics, and has no files to remove. */
export const openFinalizer = (db: Database) =>
  createFinalizer({
    db,
    clock: systemClock,
    recordFinalized: createStats({ db }).record,
    cleanUp: async () => undefined,
  })
