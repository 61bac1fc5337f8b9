// Fresh databases on one PostgreSQL server: that of the whole run, or of this process where a file is run alone.
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { migrate } from '../../src/db/migrate.ts'
import { openPostgres } from '../../src/db/postgres.ts'
import { type PostgresCluster, startCluster } from './postgres-cluster.ts'

export const clusterVariable = 'PHOTOCHANGER_TEST_CLUSTER'

let own: Promise<PostgresCluster> | undefined

/** `…/postgres` on the server. */
async function findServer(): Promise<string> {
  const given = process.env[clusterVariable]
  if (given) return given
  own ??= startCluster()
  return (await own).urlOf('postgres')
}

async function withClient<T>(server: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function urlOf(server: string, database: string): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}

export interface TestPostgres {
  url: string
  remove(): Promise<void>
}

const addDatabase = async (server: string, template = 'template1'): Promise<TestPostgres> => {
  const name = `test_${randomBytes(6).toString('hex')}`
  await withClient(server, (client) => client.query(`create database ${name} template ${template}`))
  return {
    url: urlOf(server, name),
    async remove() {
      await withClient(server, (client) => client.query(`drop database if exists ${name} with (force)`))
    },
  }
}

/** An empty database. */
export const makePostgres = async (): Promise<TestPostgres> => addDatabase(await findServer())

/** A database of this version without rows: a copy, since to migrate each one would take most of a test's time. */
export async function copyPostgres(): Promise<TestPostgres> {
  const server = await findServer()
  original ??= makeOriginal(server)
  await original
  return addDatabase(server, originalName)
}

const originalName = 'original'
let original: Promise<void> | undefined

/** The processes of a run share it: the first one makes it, the others wait. */
const makeOriginal = (server: string): Promise<void> =>
  withClient(server, async (client) => {
    await client.query('select pg_advisory_lock(1)')
    const { rowCount } = await client.query('select from pg_database where datname = $1', [originalName])
    if (rowCount) return
    await client.query(`create database ${originalName}`)
    const db = openPostgres({
      url: urlOf(server, originalName),
      maxConnections: 1,
      statementTimeoutMs: 30_000,
    })
    try {
      await migrate(db)
    } finally {
      await db.close()
    }
  })
