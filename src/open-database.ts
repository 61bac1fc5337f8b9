// The database of a configuration. Part of the composition root; only the product that is used is loaded.
import type { Config } from './config.ts'
import type { Database } from './db/database.ts'

/** @throws AppError queue_unavailable. The caller closes it. */
export async function openDatabase({
  database,
  statementTimeoutMs,
}: Pick<Config, 'database' | 'statementTimeoutMs'>): Promise<Database> {
  if (database.kind === 'sqlite') {
    const { openSqlite } = await import('./db/sqlite.ts')
    return openSqlite({ path: database.path, busyTimeoutMs: statementTimeoutMs })
  }
  const { openPostgres } = await import('./db/postgres.ts')
  return openPostgres({ url: database.url, maxConnections: database.maxConnections, statementTimeoutMs })
}

const fileTimeoutMs = 60_000

/** One that lies in a file of its own, such as the one in a backup. The caller closes it. @throws AppError queue_unavailable */
export async function openDatabaseFile(path: string): Promise<Database> {
  const { openSqlite } = await import('./db/sqlite.ts')
  return openSqlite({ path, busyTimeoutMs: fileTimeoutMs })
}
