// A PostgreSQL server as a site has it: it waits for the disk, with the product's own defaults otherwise.
import pg from 'pg'
import { type PostgresCluster, startCluster } from '../support/postgres-cluster.ts'

export interface BenchPostgres {
  makeDatabase(name: string): Promise<string>
  /** Version and what decides how long a commit takes. */
  describe(): Promise<string>
  remove(): Promise<void>
}

export async function startBenchPostgres(): Promise<BenchPostgres> {
  const cluster = await startCluster({ fsync: 'on' })
  return {
    async makeDatabase(name) {
      await withClient(cluster.urlOf('postgres'), (client) => client.query(`create database ${name}`))
      return cluster.urlOf(name)
    },
    describe: () => describe(cluster),
    remove: cluster.remove,
  }
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** The same database for connections that do not wait for the disk at a commit. */
export const withoutSync = (url: string): string => `${url}?options=-c%20synchronous_commit%3Doff`

function describe(cluster: PostgresCluster): Promise<string> {
  return withClient(cluster.urlOf('postgres'), async (client) => {
    const values: string[] = []
    for (const name of ['server_version', 'fsync', 'synchronous_commit', 'shared_buffers']) {
      const { rows } = await client.query(`show ${name}`)
      values.push(`${name} ${rows[0][name]}`)
    }
    return values.join(', ')
  })
}
