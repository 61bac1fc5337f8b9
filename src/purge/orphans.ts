// Files that no row names any more. Which are temporary decides how soon they are looked for.
import type { Database } from '../db/database.ts'
import type { Clock } from '../lib/clock.ts'
import { folders, idOfKey } from '../media/keys.ts'
import type { MediaObjects } from '../media/media-objects.ts'
import type { Templates } from '../media/templates.ts'
import type { MediaStore, StoredFile } from '../storage/store.ts'
import type { SweepReport } from './report.ts'

// A file is written before its row: a young one without a row is probably just that.
const youngMs = 10 * 60_000
const batchSize = 200

export interface OrphanDeps {
  db: Database
  store: MediaStore
  clock: Clock
  mediaObjects: Pick<MediaObjects, 'listKnownIds'>
  templates: Pick<Templates, 'listKnownIds'>
}

export function createOrphanSweep({ db, store, clock, mediaObjects, templates }: OrphanDeps) {
  /** By folder: which of these ids still have a claim to their file. */
  const owners = {
    temporary: {
      // The payload of a finished job should be gone; here its job row makes it removable at once.
      [folders.payloads]: (ids: string[]) => listJobIds(db, ids, 'in_flight'),
      [folders.staged]: (ids: string[]) => listJobIds(db, ids, 'in_flight'),
      [folders.mediaObjects]: (ids: string[]) => mediaObjects.listKnownIds(ids),
    },
    kept: {
      [folders.results]: (ids: string[]) => listJobIds(db, ids, 'with_result'),
      [folders.thumbnails]: (ids: string[]) => listJobIds(db, ids, 'with_result'),
      [folders.templates]: (ids: string[]) => templates.listKnownIds(ids),
    },
  }

  return async function sweepOrphans(
    kind: keyof typeof owners,
    report: SweepReport,
    dryRun: boolean,
    step: () => void,
    signal?: AbortSignal,
  ): Promise<void> {
    for (const [folder, listOwned] of Object.entries(owners[kind])) {
      for await (const files of batches(store.list(folder))) {
        if (signal?.aborted) return
        const ids = files.map(({ key }) => idOfKey(key))
        const [owned, ended] = await Promise.all([listOwned(ids), listJobIds(db, ids, 'final')])
        for (const file of files) {
          step()
          const id = idOfKey(file.key)
          const isYoung = file.modifiedAt > clock.now() - youngMs && !ended.has(id)
          if (owned.has(id) || isYoung || (await isTemplateInUse(folder, file.key))) continue
          if (!dryRun && !(await store.remove(file.key))) continue
          report.orphanFiles += 1
          report.files += 1
          report.bytes += file.sizeBytes
        }
      }
    }
  }

  /** A replaced template stays while a job that was created with it is in flight. */
  async function isTemplateInUse(folder: string, key: string): Promise<boolean> {
    if (folder !== folders.templates) return false
    const user = await db.query
      .selectFrom('jobs')
      .select('id')
      .where('is_finalized', '=', 0)
      .where('slot_snapshot_json', 'like', `%${key}%`)
      .executeTakeFirst()
    return user !== undefined
  }
}

type JobState = 'in_flight' | 'with_result' | 'final'

export async function listJobIds(
  db: Database,
  ids: readonly string[],
  state: JobState,
): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await db.query
    .selectFrom('jobs')
    .select('id')
    .where('id', 'in', ids)
    .$if(state === 'in_flight', (query) => query.where('is_finalized', '=', 0))
    .$if(state === 'final', (query) => query.where('is_finalized', '=', 1))
    .$if(state === 'with_result', (query) => query.where('result_file_path', 'is not', null))
    .execute()
  return new Set(rows.map((row) => row.id))
}

async function* batches(files: AsyncIterable<StoredFile>): AsyncIterable<StoredFile[]> {
  let batch: StoredFile[] = []
  for await (const file of files) {
    batch.push(file)
    if (batch.length < batchSize) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
