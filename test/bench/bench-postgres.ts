// A PostgreSQL server as a site has it: it waits for the disk, with the product's own defaults otherwise.
import pg from 'pg'
import { type PostgresCluster, startCluster } from '../support/postgres-cluster.ts'
import { parentOf } from './process.ts'

export interface BenchPostgres {
  /** `owner`: a role of that name that may do no more than a site's own; otherwise the superuser. */
  makeDatabase(name: string, options?: { owner?: string }): Promise<string>
  /** Of the process that has started all others. */
  pid: number
  /** Version and what decides how long a commit takes. */
  describe(): Promise<string>
  remove(): Promise<void>
}

export async function startBenchPostgres(): Promise<BenchPostgres> {
  const cluster = await startCluster({ fsync: 'on' })
  const pid = await findPid(cluster)
  return {
    pid,
    async makeDatabase(name, { owner } = {}) {
      await withClient(cluster.urlOf('postgres'), async (client) => {
        if (owner) await client.query(`create role ${owner} login`)
        await client.query(`create database ${name} ${owner ? `owner ${owner}` : ''}`)
      })
      const url = new URL(cluster.urlOf(name))
      if (owner) url.username = owner
      return url.href
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

async function findPid(cluster: PostgresCluster): Promise<number> {
  return withClient(cluster.urlOf('postgres'), async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    return parentOf(rows[0]?.pid ?? 0)
  })
}
