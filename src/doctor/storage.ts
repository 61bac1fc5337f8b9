// Disk, database and media store: whether they work, and how fast.
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from '../db/database.ts'
import type { HealthReading } from '../health/health.ts'
import { newId } from '../lib/id.ts'
import type { MediaStore } from '../storage/store.ts'
import { type Check, type Finding, fine, problem, reasonOf, warning } from './check.ts'

export interface StorageDeps {
  db: Pick<Database, 'checkIntegrity' | 'describe'>
  store: Pick<MediaStore, 'scratchDir' | 'probe'>
  readSchema(): Promise<{ version: string; pending: string[]; unknown: string[] }>
  readHealth(): Promise<HealthReading>
}

const probeBytes = 8 * 1024 * 1024
const commits = 5
const slowSyncMs = 100
const slowMbps = 5
const slowStoreMs = 2_000
const integrityLimitMs = 120_000

export function storageChecks({ db, store, readSchema, readHealth }: StorageDeps): Check[] {
  return [
    {
      id: 'disk_space',
      theme: 'disk_space',
      kind: 'quick',
      async run() {
        const { concerns, figures } = await readHealth()
        const concern = concerns.find(({ key }) => key === 'disk_full' || key === 'disk_low')
        if (concern) return { concern }
        if (!figures?.disk) return fine('disk_unlimited')
        const { freeBytes, totalBytes } = figures.disk
        return fine('disk_space', { free_bytes: freeBytes, total_bytes: totalBytes })
      },
    },
    { id: 'disk_speed', theme: 'disk_speed', kind: 'quick', run: () => measureDisk(store.scratchDir) },
    {
      id: 'database',
      theme: 'database',
      kind: 'quick',
      limitMs: integrityLimitMs,
      async run(signal) {
        const product = await db.describe()
        const broken = await db.checkIntegrity(signal)
        return broken.length === 0
          ? fine('database', { product })
          : problem('database_broken', { product, problem: broken.slice(0, 3).join('; ') })
      },
    },
    {
      id: 'schema',
      theme: 'schema',
      kind: 'quick',
      async run() {
        const { version, pending, unknown } = await readSchema()
        if (unknown.length > 0) return problem('schema_newer', { version, names: unknown.join(', ') })
        return pending.length > 0
          ? problem('schema_older', { version, names: pending.join(', ') })
          : fine('schema', { version })
      },
    },
    { id: 'media', theme: 'media', kind: 'quick', run: () => probe(store) },
  ]
}

async function probe(store: Pick<MediaStore, 'probe'>): Promise<Finding> {
  const begunAt = performance.now()
  try {
    await store.probe()
  } catch (error) {
    return problem('media_unusable', { problem: reasonOf(error) })
  }
  const values = { took_ms: performance.now() - begunAt }
  return values.took_ms > slowStoreMs ? warning('media_slow', values) : fine('media', values)
}

/** Durable, as a finished picture and a commit are written: a fast cache in front of a slow disk does not count. */
async function measureDisk(folder: string): Promise<Finding> {
  const path = join(folder, `doctor-${newId()}`)
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      const begunAt = performance.now()
      await file.write(Buffer.alloc(probeBytes, 'photochanger'))
      await file.sync()
      const mbps = probeBytes / 1e3 / (performance.now() - begunAt)
      const syncs: number[] = []
      for (let commit = 0; commit < commits; commit += 1) {
        const at = performance.now()
        await file.write(Buffer.alloc(4096, commit), 0, 4096, commit * 4096)
        await file.sync()
        syncs.push(performance.now() - at)
      }
      const syncMs = syncs.sort((a, b) => a - b)[Math.floor(commits / 2)] ?? 0
      const values = { speed_mbps: mbps, sync_ms: syncMs }
      return syncMs > slowSyncMs || mbps < slowMbps
        ? warning('disk_slow', values)
        : fine('disk_speed', values)
    } finally {
      await file.close()
      await rm(path, { force: true })
    }
  } catch (error) {
    return problem('disk_unwritable', { path: folder, problem: reasonOf(error) })
  }
}
