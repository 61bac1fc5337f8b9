// Takes an installation to another database, and its pictures to another media store. The old ones stay as they are.
import type { Database } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { LivingWorker } from '../health/workers.ts'
import type { MediaStore } from '../storage/store.ts'
import { copyDatabase } from './copy-database.ts'
import { assertNoFiles, type CopiedMedia, copyMedia } from './copy-media.ts'
import { identify, removeMarker } from './marker.ts'
import type { OnProgress } from './progress.ts'
import type { TableSum } from './rows.ts'
import { openTarget } from './target.ts'

export interface MoveDeps {
  db: Database
  store: MediaStore
  workers: { listLiving(): Promise<LivingWorker[]> }
  queue: { queueState(): Promise<{ pending: number; processing: number }> }
}

interface MoveOptions {
  to: Database
  /** Undefined: pictures stay where they are. */
  toStore: MediaStore | undefined
  startOver: boolean
  /** Copies although something works on the installation: what that changes later is not in the copy. */
  force: boolean
  signal: AbortSignal
  onProgress?: OnProgress
}

export interface MoveReport {
  tables: Record<string, TableSum>
  media: CopiedMedia | undefined
}

/** @throws AppError installation_busy, target_not_empty, database_mismatch */
export async function moveInstallation(deps: MoveDeps, options: MoveOptions): Promise<MoveReport> {
  const { to, toStore, signal, startOver, force } = options
  const progress = options.onProgress && { onProgress: options.onProgress }
  if (!force) await assertStill(deps)
  const id = await identify(deps.db)
  const marker = await openTarget(to, { id, startOver })
  const isFresh = Object.keys(marker.tables).length === 0
  if (toStore && isFresh && !startOver) await assertNoFiles(toStore)
  const tables = await deps.db.readSnapshot((from) => copyDatabase({ from, to, marker, signal, ...progress }))
  const media = toStore && (await copyMedia({ from: deps.store, to: toStore, signal, ...progress }))
  await to.write((tx) => removeMarker(tx))
  return { tables, media }
}

async function assertStill({ workers, queue }: MoveDeps): Promise<void> {
  const living = (await workers.listLiving()).map(({ kind, host, pid }) => `${kind} ${host}:${pid}`)
  if (living.length > 0)
    throw new AppError('installation_busy', {
      message:
        `Stop what works on this installation first: ${living.join(', ')} (one that was killed counts for half a ` +
        'minute). What changes meanwhile would not be in the copy; --force copies all the same.',
    })
  const { pending, processing } = await queue.queueState()
  if (pending + processing === 0) return
  throw new AppError('installation_busy', {
    message:
      `${pending + processing} photos are not finished yet. Start the server until they are, or copy them ` +
      'unfinished with --force.',
  })
}
