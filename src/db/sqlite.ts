// SQLite behind the database port: one file, one connection a process, writers one after another.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely'
import { AppError } from '../errors.ts'
import { createAnnouncements } from './announcements.ts'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

interface SqliteOptions {
  path: string
  /** How long a statement may wait for another process's write. Blocks this process meanwhile. */
  busyTimeoutMs: number
}

/** @throws AppError queue_unavailable when the file cannot be opened. The caller closes it. */
export function openSqlite({ path, busyTimeoutMs }: SqliteOptions): Database {
  const file = translated(() => {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const opened = new Sqlite(path, { timeout: busyTimeoutMs })
    opened.pragma('journal_mode = wal')
    // A kiosk loses power: with `full` every commit is on the disk before anybody is told of it.
    // Measured against `normal` in docs/benchmarks.md.
    opened.pragma('synchronous = full')
    opened.pragma('foreign_keys = on')
    return opened
  })
  const query = new Kysely<Tables>({ dialect: createDialect({ database: withStatementCache(file) }) })
  const announcements = createAnnouncements(() => Number(file.pragma('data_version', { simple: true })))

  return {
    query,
    write: (fn) => query.transaction().execute(fn),
    // There is one writer at a time, and `begin immediate` makes this transaction that writer.
    lockRows: (select) => select,
    isUniqueViolation: (error) =>
      error instanceof Sqlite.SqliteError && /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(error.code),
    notify: announcements.notify,
    listen: announcements.listen,
    async close() {
      announcements.close()
      await query.destroy()
    },
  }
}

function createDialect(config: SqliteDialectConfig): SqliteDialect {
  const dialect = new SqliteDialect(config)
  dialect.createDriver = () => new ImmediateDriver(config)
  dialect.createAdapter = () => new TransactionalDdlAdapter()
  return dialect
}

/** A plain `begin` takes the write lock at the first write, where waiting can fail with "busy" at once. */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection) {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }
}

/** SQLite rolls back DDL too; with this Kysely runs all migrations in one (immediate) transaction. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl() {
    return true
  }
}

const maxCachedStatements = 500

/** Kysely prepares anew for each execution; compiled statements are kept by their text instead. */
function withStatementCache(file: Sqlite.Database): SqliteDatabase {
  const cache = new Map<string, SqliteStatement>()
  return {
    prepare(sql) {
      const known = cache.get(sql)
      if (known) return known
      const prepared = translated(() => file.prepare<unknown[]>(sql))
      const statement: SqliteStatement = {
        reader: prepared.reader,
        all: (parameters) => translated(() => prepared.all(parameters)),
        run: (parameters) => translated(() => prepared.run(parameters)),
        iterate: (parameters) => prepared.iterate(parameters) as IterableIterator<unknown>,
      }
      if (cache.size >= maxCachedStatements) cache.clear()
      cache.set(sql, statement)
      return statement
    },
    close: () => file.close(),
  }
}

// Primary result codes that mean "this database cannot work now", not "this statement is wrong".
const unavailable =
  /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|PROTOCOL|NOMEM|PERM|AUTH|NOLFS)(_|$)/

function translated<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof Sqlite.SqliteError && unavailable.test(error.code)) {
      throw new AppError('queue_unavailable', { cause: error })
    }
    if (error instanceof Error && 'syscall' in error)
      throw new AppError('queue_unavailable', { cause: error })
    throw error
  }
}
