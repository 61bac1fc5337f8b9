// Fresh databases on one PostgreSQL server: that of the whole run, or of this process where a file is run alone.
import { randomBytes } from 'node:crypto'
import pg from 'pg'
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

async function command(server: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

export async function makePostgres(): Promise<{ url: string; remove(): Promise<void> }> {
  const server = await findServer()
  const name = `test_${randomBytes(6).toString('hex')}`
  await command(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, remove: () => command(server, `drop database if exists ${name} with (force)`) }
}
