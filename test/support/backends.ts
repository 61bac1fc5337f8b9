// Where the tests of this process keep their data: a SQLite file and a folder, or (`PHOTOCHANGER_TEST_BACKENDS=shared`)
// PostgreSQL and S3. `npm test` runs each file that comes here once on either.
import { join } from 'node:path'
import { loadConfig } from '../../src/config.ts'
import type { Database } from '../../src/db/database.ts'
import { openPostgres } from '../../src/db/postgres.ts'
import { openSqlite } from '../../src/db/sqlite.ts'
import { createClosers } from '../../src/lib/closers.ts'
import { openStore } from '../../src/open-store.ts'
import type { MediaStore } from '../../src/storage/store.ts'
import { keepMediaIn } from './files.ts'
import { makeFolder } from './folder.ts'
import { type Kept, readKept } from './kept.ts'
import { copyPostgres, makePostgres } from './postgres.ts'
import { startS3, type TestS3 } from './s3.ts'

export const isShared = process.env.PHOTOCHANGER_TEST_BACKENDS === 'shared'

interface TestDatabase {
  /** A path, or `postgres://…`. */
  url: string
  /** Another connection, as another process has it; closed by `remove` at the latest. */
  open(): Database
  remove(): Promise<void>
}

export function openByUrl(url: string): Database {
  return url.startsWith('postgres:')
    ? openPostgres({ url, maxConnections: 5, statementTimeoutMs: 5_000 })
    : openSqlite({ path: url, busyTimeoutMs: 5_000 })
}

/** A fresh database, which is to be migrated; with `isEmpty` surely from its beginning. */
export async function makeDatabase({ isEmpty = false } = {}): Promise<TestDatabase> {
  const closers = createClosers()
  async function makeUrl(): Promise<string> {
    if (isShared) {
      const { url, remove } = await (isEmpty ? makePostgres() : copyPostgres())
      closers.add(remove)
      return url
    }
    const folder = await makeFolder()
    closers.add(folder.remove)
    return join(folder.path, 'test.db')
  }
  const url = await makeUrl()
  return {
    url,
    open() {
      const db = openByUrl(url)
      closers.add(() => db.close())
      return db
    },
    remove: closers.closeAll,
  }
}

/** An empty media store of its own. */
export async function makeStore(): Promise<{ store: MediaStore; remove(): Promise<void> }> {
  const folder = await makeFolder()
  const s3 = isShared ? await startS3() : undefined
  const store = await openStore(loadConfig({ data_dir: folder.path, ...s3?.settings }, {}))
  return {
    store,
    async remove() {
      await store.close()
      await s3?.close()
      await folder.remove()
    },
  }
}

export interface TestPlace {
  /** Not there yet. */
  dataDir: string
  /** Settings of an installation in that directory whose data lie where this process keeps them. */
  settings: Record<string, string>
  /** The same for the program. */
  env: Record<string, string>
  databaseUrl: string
  /** Everything that the installation has written. */
  readAll(): Promise<Kept[]>
  remove(): Promise<void>
}

/** Where an installation can be made. */
export async function makePlace(): Promise<TestPlace> {
  const folder = await makeFolder()
  const [database, s3] = isShared ? await Promise.all([copyPostgres(), startS3()]) : []
  const dataDir = join(folder.path, 'data')
  const settings = {
    data_dir: dataDir,
    ...(database && { database_url: database.url, database_connections: '5' }),
    ...s3?.settings,
  }
  const closers = createClosers()
  closers.add(folder.remove)
  if (database) closers.add(database.remove)
  if (s3) {
    const store = await openStore(loadConfig({ ...settings, data_dir: join(folder.path, 'aside') }, {}))
    keepMediaIn(dataDir, { store, s3 })
    closers.add(s3.close)
    closers.add(() => store.close())
  }
  const databaseUrl = database?.url ?? join(dataDir, 'photochanger.db')
  return {
    dataDir,
    settings,
    env: toVariables(settings),
    databaseUrl,
    async readAll() {
      const db = openByUrl(databaseUrl)
      try {
        return await readKept(dataDir, db)
      } finally {
        await db.close()
      }
    },
    remove: closers.closeAll,
  }
}

export const toVariables = (settings: TestS3['settings']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`PHOTOCHANGER_${key.toUpperCase()}`, value]),
  )
