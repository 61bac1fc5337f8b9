// Erases what belongs to guests: pictures, previews, photos, temporary files, the booth's fields, texts of errors.
// Files go first and the row says `erased_at` last: whatever interrupts this, a picture that is gone is not public,
// and a job that does not say that it is erased is found again by the next run.
import type { Database, Query } from '../db/database.ts'
import type { Finalizer } from '../jobs/finalize.ts'
import type { Clock } from '../lib/clock.ts'
import { stagedKey, thumbnailKey } from '../media/keys.ts'
import type { MediaObjects } from '../media/media-objects.ts'
import type { MediaStore } from '../storage/store.ts'
import {
  countEnded,
  type ErasableRow,
  type EraseScope,
  listActive,
  listEnded,
  selectErasable,
} from './erase-scope.ts'
import { emptyTexts, forgetRequests } from './texts.ts'

export interface EraseReport {
  jobs: number
  /** Finished pictures. */
  results: number
  /** All files, previews among them. */
  files: number
  bytes: number
  mediaObjects: number
  /** Jobs that still waited or ran. */
  cancelledJobs: number
}

export interface EraseOptions {
  scope: EraseScope
  by: string
  dryRun?: boolean
  /** Called after each batch, for a progress bar. */
  onProgress?(jobs: number): void
  signal?: AbortSignal
}

interface EraserDeps {
  db: Database
  store: MediaStore
  clock: Clock
  finalizer: Pick<Finalizer, 'cancel'>
  mediaObjects: Pick<MediaObjects, 'listOfJobs' | 'removeFile'>
  recordAudit(
    tx: Query,
    entry: { actor: string; action: string; target: string; after?: unknown },
  ): Promise<void>
}

export type Eraser = ReturnType<typeof createEraser>

export function createEraser({ db, store, clock, finalizer, mediaObjects, recordAudit }: EraserDeps) {
  /** Undefined where there is no such file. */
  async function measureAndRemove(key: string, dryRun: boolean): Promise<number | undefined> {
    const file = await store.stat(key)
    if (!file || (!dryRun && !(await store.remove(key)))) return undefined
    return file.sizeBytes
  }

  async function removeFilesOf(row: ErasableRow, report: EraseReport, dryRun: boolean) {
    const staged = Array.from({ length: row.attempt }, (_, at) => stagedKey(row.id, at + 1))
    const keys = [thumbnailKey(row.id), row.payload_path, ...staged]
    // First: as long as it is there, a visitor can have the preview made again.
    if (row.result_file_path !== null) keys.unshift(row.result_file_path)
    for (const key of keys) {
      const sizeBytes = await measureAndRemove(key, dryRun)
      if (sizeBytes === undefined) continue
      report.files += 1
      report.bytes += sizeBytes
      if (key === row.result_file_path) report.results += 1
    }
  }

  async function removeMediaObjects(jobIds: readonly string[], report: EraseReport, dryRun: boolean) {
    for (const object of await mediaObjects.listOfJobs(jobIds)) {
      report.mediaObjects += 1
      if (!dryRun && !(await mediaObjects.removeFile(object))) continue
      report.files += 1
      report.bytes += object.sizeBytes
    }
  }

  /** Only final jobs: a worker cannot publish anything for them any more. */
  async function eraseBatch(
    rows: readonly ErasableRow[],
    report: EraseReport,
    { dryRun, alsoWrite }: { dryRun: boolean; alsoWrite?: (tx: Query) => Promise<void> },
  ): Promise<void> {
    const ids = rows.map(({ id }) => id)
    await Promise.all(rows.map((row) => removeFilesOf(row, report, dryRun)))
    await removeMediaObjects(ids, report, dryRun)
    report.jobs += rows.length
    if (dryRun) return
    await db.write(async (tx) => {
      await emptyTexts(tx, ids, clock.now())
      await alsoWrite?.(tx)
    })
  }

  async function cancel(jobIds: readonly string[], by: string, report: EraseReport) {
    for (const id of jobIds) if (await finalizer.cancel(id, by)) report.cancelledJobs += 1
  }

  return {
    /** Of one job, whatever its state; it is recorded as `results.erased`. */
    async eraseJob(jobId: string, by: string): Promise<EraseReport> {
      const report = emptyEraseReport()
      await cancel([jobId], by, report)
      const rows = await selectErasable(db.query).where('id', '=', jobId).execute()
      if (rows.length === 0) return report
      await eraseBatch(rows, report, {
        dryRun: false,
        alsoWrite: (tx) =>
          recordAudit(tx, { actor: by, action: 'results.erased', target: jobId, after: toFigures(report) }),
      })
      return report
    },

    /** How many jobs `erase` would come by. */
    async count(scope: EraseScope): Promise<number> {
      return (await listActive(db.query, scope)).length + (await countEnded(db.query, scope))
    },

    /**
     * Everything of a slot or a period that was there at the start, in batches. Stops early at the signal;
     * repeating it does the rest. Recorded at its start and at its end.
     */
    async erase({ scope, by, dryRun = false, onProgress, signal }: EraseOptions): Promise<EraseReport> {
      const report = emptyEraseReport()
      const bounded = { ...scope, to: Math.min(scope.to ?? Number.POSITIVE_INFINITY, clock.now() + 1) }
      const target = scope.slotId ?? 'all slots'
      const record = (action: string, after: unknown) =>
        db.write((tx) => recordAudit(tx, { actor: by, action, target, after }))
      if (!dryRun) await record('results.erase_started', { from: scope.from ?? null, to: bounded.to })

      const active = await listActive(db.query, bounded)
      if (dryRun) {
        await eraseBatch(active, report, { dryRun })
        report.cancelledJobs = active.length
      } else {
        await cancel(
          active.map(({ id }) => id),
          by,
          report,
        )
      }
      for await (const rows of listEnded(db.query, bounded)) {
        if (signal?.aborted) break
        await eraseBatch(rows, report, { dryRun })
        onProgress?.(report.jobs)
      }
      if (!dryRun) {
        const isComplete = !signal?.aborted
        if (isComplete) await forgetRequests(db.query, bounded)
        await record('results.erased', { ...toFigures(report), is_complete: isComplete })
      }
      return report
    },
  }
}

function emptyEraseReport(): EraseReport {
  return { jobs: 0, results: 0, files: 0, bytes: 0, mediaObjects: 0, cancelledJobs: 0 }
}

export const toFigures = (report: EraseReport) => ({
  jobs: report.jobs,
  results: report.results,
  files: report.files,
  bytes: report.bytes,
  media_objects: report.mediaObjects,
  cancelled_jobs: report.cancelledJobs,
})
