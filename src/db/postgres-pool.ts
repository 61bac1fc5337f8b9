// The pool of connections: its time limits, its types, and what its failures mean in this program's words.
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { AppError } from '../errors.ts'
import { toConnectionFailure } from './postgres-errors.ts'

interface PoolOptions {
  url: string
  maxConnections: number
  statementTimeoutMs: number
}

// Longer than a result may take to reach its place while its job's row is locked.
const idleInTransactionMs = 60_000
const idleConnectionMs = 30_000
// For a server that has vanished without a word: migrations and the end of a job may take their time.
const answerTimeoutMs = 120_000

/** Sums of `bigint` are `numeric`; all of ours are whole numbers below 2^53. */
const asNumber = new Set<number>([pg.types.builtins.INT8, pg.types.builtins.NUMERIC])

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    asNumber.has(oid) && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format),
}

/** `sslmode` means what it means to every other program: `require` asks for no proof who the server is. */
const withUsualModes = (url: string) =>
  /[?&]sslmode=(prefer|require|verify-ca)\b/.test(url) && !url.includes('uselibpqcompat')
    ? `${url}&uselibpqcompat=true`
    : url

export function toClientConfig(url: string, statementTimeoutMs: number): pg.ClientConfig {
  return {
    connectionString: withUsualModes(url),
    application_name: 'photochanger',
    connectionTimeoutMillis: statementTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types,
  }
}

/** Connections that have failed are not used again. */
export function createPool({ url, maxConnections, statementTimeoutMs }: PoolOptions): PostgresPool {
  const pool = new pg.Pool({
    ...toClientConfig(url, statementTimeoutMs),
    query_timeout: answerTimeoutMs,
    max: maxConnections,
    idleTimeoutMillis: idleConnectionMs,
  })
  // An idle connection that breaks has left the pool already; the next statement opens another.
  pool.on('error', () => undefined)
  // One that breaks while it is in use tells the statement that needs it; unheard, its own event would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const wrapped = new WeakMap<pg.PoolClient, PostgresPoolClient>()

  function wrap(client: pg.PoolClient): PostgresPoolClient {
    let isBroken = false
    async function query(text: string, parameters: readonly unknown[]): Promise<pg.QueryResult> {
      let result: pg.QueryResult
      try {
        result = await client.query(text, [...parameters])
      } catch (error) {
        const outage = isOutage(error)
        isBroken ||= outage && !isOverInTime(error)
        throw outage ? new AppError('queue_unavailable', { cause: error }) : error
      }
      // A transaction in which a statement has failed is rolled back by `commit`, without an error.
      if (text === 'commit' && result.command === 'ROLLBACK')
        throw new Error('The transaction was rolled back.')
      return result
    }
    return {
      // Kysely calls the overload with parameters only; the one with a cursor is for streams, which are not used.
      query: query as unknown as PostgresPoolClient['query'],
      release: () => client.release(isBroken),
    }
  }

  return {
    async connect() {
      let client: pg.PoolClient
      try {
        client = await pool.connect()
      } catch (error) {
        throw isOutage(error) ? toConnectionFailure(error) : error
      }
      const known = wrapped.get(client) ?? wrap(client)
      wrapped.set(client, known)
      return known
    },
    end: () => pool.end(),
  }
}

// SQLSTATE classes and codes that mean "this database cannot work now", not "this statement is wrong":
// connection, authorization, no such database, resources, intervention, system error, read-only after a fail-over, lock.
const unavailable = /^(08|28|3D000|53|57|58|25006|55P03|XX)/
const cancelledByTimeLimit = '57014'

/** What node-postgres says of a connection comes as a plain Error. */
export function isOutage(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return unavailable.test(error.code ?? '')
  return error instanceof Error && !(error instanceof TypeError) && !(error instanceof AppError)
}

/** The statement has ended on the server as well: the connection is as good as before. */
function isOverInTime(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === cancelledByTimeLimit
}
