// Where the tests of this process keep their data: a SQLite file and a folder, or (`PHOTOCHANGER_TEST_BACKENDS=shared`)
// PostgreSQL and S3. `npm test` runs what must hold on both once on each.
import { join } from 'node:path'
import type { Database } from '../../src/db/database.ts'
import { openPostgres } from '../../src/db/postgres.ts'
import { openSqlite } from '../../src/db/sqlite.ts'
import { createClosers } from '../../src/lib/closers.ts'
import { makeFolder } from './folder.ts'
import { copyPostgres } from './postgres.ts'
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

/** A fresh database; `migrate` has something to do where it is a file. */
export async function makeDatabase(): Promise<TestDatabase> {
  const closers = createClosers()
  async function makeUrl(): Promise<string> {
    if (isShared) {
      const { url, remove } = await copyPostgres()
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

interface TestBackends {
  settings: Record<string, string>
  /** Backdates a file of the media store, where that is no folder. */
  touch?: TestS3['touch']
  remove(): Promise<void>
}

/** Settings of an installation whose data lie where this process keeps them; nothing to set for a SQLite file and a folder. */
export async function makeBackends(): Promise<TestBackends> {
  if (!isShared) return { settings: {}, remove: async () => undefined }
  const [database, s3] = await Promise.all([copyPostgres(), startS3()])
  return {
    settings: { database_url: database.url, database_connections: '5', ...s3.settings },
    touch: s3.touch,
    async remove() {
      await s3.close()
      await database.remove()
    },
  }
}
