// Removes what has outlived its time. A sweep may run beside the daemon and beside itself: removing is idempotent,
// a row or file that is gone already counts for whoever was first.
import type { Ledger } from '../calls/ledger.ts'
import type { Finalizer } from '../jobs/finalize.ts'
import type { MediaObjects } from '../media/media-objects.ts'
import type { Results } from '../media/results.ts'
import { createHistorySweep } from './history.ts'
import { createOrphanSweep, listJobIds, type OrphanDeps } from './orphans.ts'
import { emptyReport, type SweepReport } from './report.ts'
import { sweepScratch } from './scratch.ts'

export const scopes = ['full', 'media_objects'] as const
export type Scope = (typeof scopes)[number]

export interface SweepOptions {
  scope: Scope
  dryRun?: boolean
  /** Called after each piece of work, for a progress bar. */
  onProgress?(done: number, report: SweepReport): void
  signal?: AbortSignal
}

interface SweepDeps extends OrphanDeps {
  finalizer: Pick<Finalizer, 'timeoutOverdue'>
  ledger: Pick<Ledger, 'forgetDead'>
  mediaObjects: MediaObjects
  results: Results
  /** How long jobs are kept; undefined: for ever. */
  jobHistoryMs: number | undefined
}

/** How many expired results are looked up at once. */
const batchSize = 500

export type Sweeper = ReturnType<typeof createSweeper>

export function createSweeper(deps: SweepDeps) {
  const { db, store, clock, finalizer, ledger, mediaObjects, results, jobHistoryMs: historyMs } = deps
  const sweepOrphans = createOrphanSweep(deps)
  const sweepHistory = createHistorySweep({ db, clock, historyMs })

  async function sweep({ scope, dryRun = false, onProgress, signal }: SweepOptions): Promise<SweepReport> {
    const report = emptyReport()
    let done = 0
    const step = () => onProgress?.(++done, report)

    if (!dryRun) {
      report.overdueJobs = (await finalizer.timeoutOverdue()).length
      await ledger.forgetDead()
    }
    await sweepMediaObjects(report, dryRun, step)
    await sweepOrphans('temporary', report, dryRun, step, signal)
    if (!dryRun) {
      const listFinal = (ids: string[]) => listJobIds(db, ids, 'final')
      const leftOvers = await sweepScratch(store.scratchDir, { now: clock.now(), listFinal })
      report.orphanFiles += leftOvers
      report.files += leftOvers
    }
    if (scope === 'full') {
      await sweepResults(report, dryRun, step, signal)
      await sweepOrphans('kept', report, dryRun, step, signal)
      report.forgottenJobs += await sweepHistory({ dryRun, onBatch: step, signal })
    }
    return report
  }

  async function sweepMediaObjects(report: SweepReport, dryRun: boolean, step: () => void) {
    for (const object of await mediaObjects.listRemovable(clock.now())) {
      if (dryRun || (await mediaObjects.removeFile(object))) {
        report.expiredMediaObjects += 1
        report.files += 1
        report.bytes += object.sizeBytes
      }
      step()
    }
  }

  async function sweepResults(report: SweepReport, dryRun: boolean, step: () => void, signal?: AbortSignal) {
    const now = clock.now()
    let after = { expiresAt: -1, id: '' }
    while (!signal?.aborted) {
      const expired = await listExpiredResults(now, after)
      const last = expired.at(-1)
      if (!last) return
      after = { expiresAt: last.expiresAt, id: last.id }
      for (const { id, path, sizeBytes } of expired) {
        if (signal?.aborted) return
        const thumbnail = dryRun ? 0 : await results.remove(id, path)
        if (dryRun || thumbnail > 0) {
          report.expiredResults += 1
          report.files += dryRun ? 1 : thumbnail
          report.bytes += sizeBytes
        }
        step()
      }
      if (!dryRun) await forgetResults(expired.map(({ id }) => id))
    }
  }

  async function listExpiredResults(now: number, after: { expiresAt: number; id: string }) {
    const rows = await db.query
      .selectFrom('jobs')
      .select(['id', 'result_file_path', 'result_size_bytes', 'result_expires_at'])
      .where('result_file_path', 'is not', null)
      .where('result_expires_at', '<=', now)
      .where((eb) =>
        eb.or([
          eb('result_expires_at', '>', after.expiresAt),
          eb.and([eb('result_expires_at', '=', after.expiresAt), eb('id', '>', after.id)]),
        ]),
      )
      .orderBy('result_expires_at')
      .orderBy('id')
      .limit(batchSize)
      .execute()
    return rows.map((row) => ({
      id: row.id,
      path: row.result_file_path ?? '',
      sizeBytes: row.result_size_bytes ?? 0,
      expiresAt: row.result_expires_at ?? 0,
    }))
  }

  /** The expiry stays on the row, so that the link answers 410 and not 404. */
  async function forgetResults(ids: string[]): Promise<void> {
    await db.query.updateTable('jobs').set({ result_file_path: null }).where('id', 'in', ids).execute()
  }

  return { sweep }
}
