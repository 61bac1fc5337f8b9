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
import { sleep } from '../lib/abort.ts'
import { createAnnouncements } from './announcements.ts'
import type { Database, Query } from './database.ts'
import { isBusy, translated } from './sqlite-errors.ts'
import { checkInProcess, findDamage } from './sqlite-integrity.ts'
import { createSqliteSnapshots } from './sqlite-snapshot.ts'
import type { Tables } from './tables.ts'

interface SqliteOptions {
  path: string
  /** How long a statement may wait for another process's write. */
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
    // From here on `patient` waits.
    opened.pragma('busy_timeout = 0')
    return opened
  })
  const query = new Kysely<Tables>({
    dialect: createDialect(file, busyTimeoutMs),
  })
  const announcements = createAnnouncements(() => Number(file.pragma('data_version', { simple: true })))

  /** The level cannot change within a transaction; while the one connection is held nobody else is in one. */
  function writeWithoutSync<T>(fn: (tx: Query) => Promise<T>): Promise<T> {
    return query.connection().execute(async (connection) => {
      const usual = file.pragma('synchronous', { simple: true })
      file.pragma('synchronous = normal')
      try {
        return await connection.transaction().execute(fn)
      } finally {
        file.pragma(`synchronous = ${usual}`)
      }
    })
  }

  return {
    query,
    migrationVariant: 'sqlite',
    limitsRanges: false,
    write: (fn, { durable = true } = {}) =>
      durable === true ? query.transaction().execute(fn) : writeWithoutSync(fn),
    // There is one writer at a time, and `begin immediate` makes this transaction that writer.
    lockRows: (select) => select,
    async executeTogether(_tx, statements) {
      for (const statement of statements) await statement.execute()
    },
    isUniqueViolation: (error) =>
      error instanceof Sqlite.SqliteError && /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(error.code),
    notify: announcements.notify,
    listen: announcements.listen,
    ...createSqliteSnapshots(path),
    async describe() {
      return `SQLite ${file.prepare('select sqlite_version()').pluck().get()}`
    },
    checkIntegrity: (signal) =>
      path === ':memory:' ? Promise.resolve(findDamage(file)) : checkInProcess(path, signal),
    async close() {
      announcements.close()
      await query.destroy()
    },
  }
}

function createDialect(file: Sqlite.Database, busyTimeoutMs: number): SqliteDialect {
  const config = { database: withStatementCache(file) }
  const dialect = new SqliteDialect(config)
  dialect.createDriver = () => new ImmediateDriver(config, file, busyTimeoutMs)
  dialect.createAdapter = () => new TransactionalDdlAdapter()
  return dialect
}

/** A plain `begin` takes the write lock at the first write, where waiting can fail with "busy" at once. */
class ImmediateDriver extends SqliteDriver {
  readonly #file: Sqlite.Database
  readonly #busyTimeoutMs: number

  constructor(config: SqliteDialectConfig, file: Sqlite.Database, busyTimeoutMs: number) {
    super(config)
    this.#file = file
    this.#busyTimeoutMs = busyTimeoutMs
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    return patient(await super.acquireConnection(), this.#busyTimeoutMs)
  }

  override async beginTransaction(connection: DatabaseConnection) {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  /** A full or failing disk has rolled back by itself; doing it again fails, and would hide why. */
  override async rollbackTransaction(connection: DatabaseConnection) {
    if (this.#file.inTransaction) await super.rollbackTransaction(connection)
  }
}

const maxPauseMs = 4

/**
 * Waits for another process's write by asking again every few milliseconds. SQLite's own waiting blocks the event loop
 * and sleeps up to 100 ms at a time, so that a busy neighbour can take the lock before it again and again.
 * Outside a transaction, and for `begin`, a statement that was refused has done nothing; inside one nobody is in the way.
 */
function patient(connection: DatabaseConnection, busyTimeoutMs: number): DatabaseConnection {
  return {
    async executeQuery<R>(query: CompiledQuery) {
      const giveUpAt = performance.now() + busyTimeoutMs
      for (;;) {
        try {
          return await connection.executeQuery<R>(query)
        } catch (error) {
          if (!isBusy(error) || performance.now() > giveUpAt) throw error
          await sleep(Math.random() * maxPauseMs)
        }
      }
    },
    streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
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
