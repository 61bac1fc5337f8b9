// Health as it is composed of the parts of an opened program. What is dear to ask stands for some seconds.
import { statfs } from 'node:fs/promises'
import type { Ledger } from '../calls/ledger.ts'
import type { Database } from '../db/database.ts'
import { createHealth, type Health, type HealthDeps } from '../health/health.ts'
import { providerDeadline } from '../jobs/deadlines.ts'
import type { JobReader } from '../jobs/read-jobs.ts'
import type { Clock } from '../lib/clock.ts'
import type { Provider } from '../providers/provider.ts'
import type { Settings } from '../settings/settings.ts'
import type { Slots } from '../slots/slots.ts'
import { inTimeShareOf } from '../stats/figures.ts'
import type { Stats } from '../stats/stats.ts'
import type { MediaStore } from '../storage/store.ts'
import { createSlotUses } from './slot-uses.ts'

interface OpenHealthDeps extends Pick<HealthDeps, 'readCertificate' | 'readBackup'> {
  db: Database
  clock: Clock
  slots: Slots
  providers: ReadonlyMap<string, Provider>
  fingerprintOf(providerId: string): Promise<string>
  ledger: Ledger
  settings: Settings
  reader: Pick<JobReader, 'queueState'>
  stats: Pick<Stats, 'read'>
  store: Pick<MediaStore, 'probe' | 'scratchDir'>
}

const dayMs = 86_400_000

export function openHealth(deps: OpenHealthDeps): Health {
  const { clock, settings, stats, store, reader } = deps
  return createHealth({
    ...deps,
    listSlotUses: createSlotUses(deps),
    async readWindow() {
      const windowMs = await settings.syncResponseMs()
      return { windowMs, availableMs: providerDeadline({ createdAt: 0, expiresAt: windowMs }) }
    },
    hasIngestPassword: async () => (await settings.ingestPassword()) !== undefined,
    dayBudgetUsd: settings.dayBudgetUsd,
    queueState: reader.queueState,
    readDisk: remember(clock, 10_000, async () => {
      const { bavail, blocks, bsize } = await statfs(store.scratchDir)
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
    }),
    probeStore: remember(clock, 15_000, () => store.probe()),
    async readToday() {
      const now = clock.now()
      const { summary } = await stats.read({ from: now - (now % dayMs), to: now + 1, grouping: 'day' })
      return {
        photos: summary.ingestCount,
        inTimeShare: inTimeShareOf(summary),
        degraded: summary.degraded,
        errors: summary.errors,
      }
    },
  })
}

/** A failure stands as long as an answer does: a broken disk is not asked at each look. */
function remember<T>(clock: Clock, freshMs: number, ask: () => Promise<T>): () => Promise<T> {
  let known: { answer: Promise<T>; at: number } | undefined
  return () => {
    if (!known || clock.now() - known.at >= freshMs) known = { answer: ask(), at: clock.now() }
    return known.answer
  }
}
