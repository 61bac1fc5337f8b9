// PostgreSQL behind the database port: any number of processes on any number of machines share one database.
import {
  HandleEmptyInListsPlugin,
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  type PostgresPool,
  replaceWithNoncontingentExpression,
  sql,
} from 'kysely'
import pg from 'pg'
import { AppError } from '../errors.ts'
import { sleep } from '../lib/abort.ts'
import type { Database, Query, Statement, Turn, WriteOptions } from './database.ts'
import { createPostgresAnnouncements } from './postgres-announcements.ts'
import { createPool } from './postgres-pool.ts'
import type { Tables } from './tables.ts'

export interface PostgresOptions {
  /** `postgres://…`, with `sslmode`, `sslrootcert`, `sslcert` and `sslkey` as node-postgres reads them. */
  url: string
  maxConnections: number
  /** How long a statement may run, and how long one may wait for a connection. */
  statementTimeoutMs: number
}

const serializationFailure = '40001'
const deadlockDetected = '40P01'
const uniqueViolation = '23505'

// Any numbers that no other program on this database uses.
const lockSpace = 0x70_68_6f_74
const lockOf: Record<Turn, number> = { enqueue: 1, calls: 2 }

/** Connects when it is first asked. The caller closes it. */
export function openPostgres({ url, maxConnections, statementTimeoutMs }: PostgresOptions): Database {
  const pool = createPool({ url, maxConnections, statementTimeoutMs })
  const query = new Kysely<Tables>({
    dialect: createDialect(pool),
    // `in ()` is no SQL here.
    plugins: [new HandleEmptyInListsPlugin({ strategy: replaceWithNoncontingentExpression })],
  })
  const announcements = createPostgresAnnouncements({ url, statementTimeoutMs, query })

  /** One round trip opens it: `begin` and its lock go together. */
  function inTransaction<T>(begin: string, fn: (tx: Query) => Promise<T>): Promise<T> {
    return query.connection().execute(async (connection) => {
      try {
        await sql.raw(begin).execute(connection)
        const value = await fn(connection)
        await commit(connection)
        return value
      } catch (error) {
        // A connection that is gone has rolled back; the first error says why.
        await sql
          .raw('rollback')
          .execute(connection)
          .catch(() => undefined)
        throw error
      }
    })
  }

  async function commit(connection: Query): Promise<void> {
    try {
      await sql.raw('commit').execute(connection)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const { code, message, cause } = error
      throw new AppError(code, { message, cause, isInDoubt: true })
    }
  }

  /** Whoever comes second in a conflict starts again on what the first has left. */
  async function write<T>(fn: (tx: Query) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    const begin = toBegin(options)
    const giveUpAt = performance.now() + statementTimeoutMs
    for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, 100)) {
      try {
        return await inTransaction(begin, fn)
      } catch (error) {
        if (!isConflict(error)) throw error
        if (performance.now() > giveUpAt) throw new AppError('queue_unavailable', { cause: error })
        await sleep(Math.random() * pauseMs)
      }
    }
  }

  return {
    query,
    write,
    migrationVariant: 'postgres',
    limitsRanges: true,
    lockRows: (select, { passOver = false } = {}) =>
      passOver ? select.forUpdate().skipLocked() : select.forUpdate(),
    executeTogether,
    isUniqueViolation: (error) => codeOf(error) === uniqueViolation,
    notify: announcements.notify,
    listen: announcements.listen,
    readSnapshot: (fn) => inTransaction(snapshotBegin, fn),
    async describe() {
      const { rows } = await sql<{ server_version: string }>`show server_version`.execute(query)
      return `PostgreSQL ${rows[0]?.server_version}`
    },
    checkIntegrity: () => findBrokenIndexes(query),
    async close() {
      await announcements.close()
      await query.destroy()
    },
  }
}

/** Whoever reads everything may take long over a row, and longer over the whole. */
const snapshotBegin = [
  'begin isolation level repeatable read read only',
  'set local statement_timeout to 0',
  'set local idle_in_transaction_session_timeout to 0',
].join('; ')

/**
 * A serializable transaction sees the others as if they ran before or after it. Those with a turn of their own are cheaper:
 * they wait for each other on a lock and never start again.
 */
function toBegin({ turns = 'all', durable = true }: WriteOptions): string {
  const level = turns === 'all' ? 'serializable' : 'read committed'
  return [
    `begin isolation level ${level}`,
    ...(durable !== false ? [] : ['set local synchronous_commit to off']),
    ...(turns === 'all' || turns === 'none'
      ? []
      : [`select pg_advisory_xact_lock(${lockSpace}, ${lockOf[turns]})`]),
  ].join('; ')
}

/** One statement with the others in its `with`: PostgreSQL executes all that write, whether or not they are read. */
async function executeTogether(tx: Query, statements: readonly Statement[]): Promise<void> {
  const [main, ...others] = statements
  if (!main) return
  const parts = others.map((statement, at) => sql`${sql.id(`part_${at}`)} as (${statement})`)
  await (parts.length === 0 ? sql`${main}` : sql`with ${sql.join(parts)} ${main}`).execute(tx)
}

/** What a server itself knows to be broken; its files are checked by its own tools. */
async function findBrokenIndexes(query: Query): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select indexrelid::regclass::text as name from pg_index where not indisvalid`.execute(query)
  return rows.map(({ name }) => `The index ${name} is not valid.`)
}

const codeOf = (error: unknown) => (error instanceof pg.DatabaseError ? error.code : undefined)

function isConflict(error: unknown): boolean {
  const code = codeOf(error)
  return code === serializationFailure || code === deadlockDetected
}

function createDialect(pool: PostgresPool): PostgresDialect {
  const dialect = new PostgresDialect({ pool })
  dialect.createAdapter = () => new PatientAdapter()
  return dialect
}

/** Migrations wait for those of another process, and may take long on large tables. */
class PatientAdapter extends PostgresAdapter {
  override async acquireMigrationLock(...[db, options]: Parameters<PostgresAdapter['acquireMigrationLock']>) {
    await sql`set local statement_timeout = 0`.execute(db)
    await super.acquireMigrationLock(db, options)
  }
}
