// What a worker is made of.
import type { Ledger } from '../calls/ledger.ts'
import type { Database } from '../db/database.ts'
import type { Finalizer } from '../jobs/finalize.ts'
import type { JobQueue } from '../jobs/queue.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { Links } from '../media/links.ts'
import type { MediaObjects } from '../media/media-objects.ts'
import type { Results } from '../media/results.ts'
import type { Provider } from '../providers/provider.ts'
import type { MediaStore } from '../storage/store.ts'

export interface WorkerDeps {
  db: Database
  store: MediaStore
  clock: Clock
  log: Log
  metrics: Metrics
  queue: JobQueue
  finalizer: Finalizer
  results: Results
  mediaObjects: MediaObjects
  links: Links
  providers: ReadonlyMap<string, Provider>
  ledger: Ledger
  /** Tells a provider's keys apart without showing them. */
  fingerprintOf(providerId: string): Promise<string>
  retentionHours(): Promise<number>
  /** Money for all slots on one day; undefined: as much as it takes. */
  dayBudgetUsd(): Promise<number | undefined>
}
