// The queues that are compared: each opens a file of its own and takes one job through its whole life in `cycle`.
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { sql } from 'kysely'
import { buildDBClient, SqliteQueue } from 'liteque'
import { better, defineQueue } from 'plainjob'
import { migrate } from '../../src/db/migrate.ts'
import { openSqlite } from '../../src/db/sqlite.ts'
import { createNewJob } from '../support/job.ts'
import { createOwnCycle } from './own-cycle.ts'
import { prepareRawCycle } from './raw-queue.ts'

/** `full`: a commit is on the disk before it returns. `normal`: after a power cut the last commits may be missing. */
export type Synchronous = 'full' | 'normal'

export interface Contender {
  cycle(): Promise<void>
  close(): Promise<void>
}

export async function openOurs(folder: string, synchronous: Synchronous): Promise<Contender> {
  const db = openSqlite({ path: join(folder, `ours-${synchronous}.db`), busyTimeoutMs: 5000 })
  await sql.raw(`pragma synchronous = ${synchronous}`).execute(db.query)
  await migrate(db)
  return { cycle: createOwnCycle(db), close: db.close }
}

/** The same rows in the same three transactions, with better-sqlite3 alone. */
export async function openRaw(folder: string, synchronous: Synchronous): Promise<Contender> {
  const path = join(folder, `raw-${synchronous}.db`)
  const migrating = openSqlite({ path, busyTimeoutMs: 5000 })
  await migrate(migrating)
  await migrating.close()
  const file = new Sqlite(path)
  file.pragma(`synchronous = ${synchronous}`)
  file.pragma('foreign_keys = on')
  const cycle = prepareRawCycle(file)
  return { cycle: async () => cycle(), close: async () => void file.close() }
}

/** Keeps finished jobs as we do, but no log, no statistics, no leases and no limit. */
export async function openPlainjob(folder: string): Promise<Contender> {
  const file = new Sqlite(join(folder, 'plainjob.db'))
  const silent = { error() {}, warn() {}, info() {}, debug() {} }
  const queue = defineQueue({ connection: better(file), logger: silent })
  file.pragma('synchronous = full') // Its own choice is `normal`.
  return {
    async cycle() {
      queue.add('photo', createNewJob())
      const job = queue.getAndMarkJobAsProcessing('photo')
      if (!job) throw new Error('nothing to claim')
      queue.markJobAsDone(job.id)
    },
    close: async () => queue.close(),
  }
}

/** Has leases and deletes finished jobs; no log, no statistics, no limit. */
export async function openLiteque(folder: string): Promise<Contender> {
  const db = buildDBClient(join(folder, 'liteque.db'), { runMigrations: true })
  const file = (db as unknown as { session: { client: Sqlite.Database } }).session.client
  file.pragma('synchronous = full') // Its own choice is `normal`.
  // liteque hands an async function to better-sqlite3's `transaction`, which current versions refuse.
  const transaction = async (work: (tx: typeof db) => Promise<unknown>) => {
    file.exec('begin immediate')
    const result = await work(db)
    file.exec('commit')
    return result
  }
  Object.assign(db, { transaction })
  const queue = new SqliteQueue('photos', db, { defaultJobArgs: { numRetries: 2 }, keepFailedJobs: false })
  return {
    async cycle() {
      await queue.enqueue(createNewJob())
      const job = await queue.attemptDequeue({ timeoutSecs: 10 })
      if (!job) throw new Error('nothing to claim')
      await queue.finalize(Number(job.id), job.allocationId, 'completed')
    },
    close: async () => void file.close(),
  }
}
