// What administrators ask for, with a thousand, a hundred thousand and a million jobs in the database: 95th percentiles
// of answers by `serve --no-workers`, and what `purge` needs for each expired result.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SingleBar } from 'cli-progress'
import { makeFolder } from '../support/folder.ts'
import { runProgram } from '../support/program.ts'
import { inPostgres, inSqlite, type JobsDatabase, type MakeJobsDatabase } from './administration-databases.ts'
import { startBenchPostgres } from './bench-postgres.ts'
import { type Client, createClient } from './client.ts'
import { median, pairwise, secondsOf, summarize, takeTurns } from './measure.ts'
import type { Report, Row, Target } from './report.ts'
import { openSite, type Site } from './site.ts'

const sizes = [1_000, 100_000, 1_000_000] as const
const limits = { rounds: 40, atMostMs: 30_000 }
const requestsARound = 10
const purgeLimits = { rounds: 5, atMostMs: 120_000 }
/** Of the jobs; with less than this many results the start of the program would drown what they cost. */
const expiredShare = 0.01
const leastExpired = 800
const mostTimesAsLong = 2

const questions = {
  'GET /api/stats/global': '/api/stats/global',
  'GET /api/stats/slot-001': '/api/stats/slot-001',
  'GET /api/jobs?page=1': '/api/jobs?page=1&page_size=10',
  'GET /api/jobs?page=100': '/api/jobs?page=100&page_size=10',
  'GET /api/jobs, filtered':
    '/api/jobs?status=failed&slot_id=slot-002&sort_by=expires_at&sort_order=asc&page_size=10',
  'GET /api/slots/slot-001': '/api/slots/slot-001',
}

interface Contender {
  name: string
  count: number
  site: Site
  database: JobsDatabase
  client: Client
  headers: Record<string, string>
}

export const benchAdministration = (): Promise<Report> =>
  compareSizes('Administration: with a thousand and with a million jobs', inSqlite)

export async function benchAdministrationOnPostgres(): Promise<Report> {
  const postgres = await startBenchPostgres()
  const title = `Administration on PostgreSQL: with a thousand and with a million jobs (${await postgres.describe()})`
  try {
    return await compareSizes(title, inPostgres(postgres))
  } finally {
    await postgres.remove()
  }
}

async function compareSizes(title: string, makeDatabase: MakeJobsDatabase): Promise<Report> {
  const contenders: Contender[] = []
  try {
    for (const count of sizes) contenders.push(await openContender(count, makeDatabase))
    const rows: Row[] = []
    const targets: Target[] = []
    const conclude = (what: string, unit: string, found: { name: string; value: number }[], more: Row) => {
      const [smallest, largest] = [found[0], found.at(-1)]
      if (!smallest || !largest) return
      const ratio = largest.value / smallest.value
      const cells = found.map(({ name, value }) => [`${name} jobs`, value] as const)
      rows.push({ what, unit, ...Object.fromEntries(cells), ratio, ...more })
      targets.push({
        what: `${what}, ${largest.name} jobs to ${smallest.name}`,
        measured: ratio,
        atMost: mostTimesAsLong,
      })
    }

    for (const [what, path] of Object.entries(questions)) {
      const turns = contenders.map((contender) => [contender.name, () => ask(contender, path)])
      const measured: Record<string, number[][]> = await takeTurns(Object.fromEntries(turns), limits)
      const found = contenders.map(({ name }) => ({ name, ...summarize((measured[name] ?? []).flat()) }))
      conclude(
        what,
        'p95 ms',
        found.map(({ name, p95 }) => ({ name, value: p95 })),
        {
          'ratio of medians': (found.at(-1)?.median ?? Number.NaN) / (found[0]?.median ?? Number.NaN),
          measured: `${found[0]?.count} requests`,
        },
      )
    }

    for (const { site, client } of contenders) {
      client.close()
      await site.stop()
    }
    const purges = await Promise.all(
      contenders.map(async (contender) => [contender.name, await preparePurge(contender)] as const),
    )
    const seconds: Record<string, Purged[]> = await takeTurns(
      Object.fromEntries(purges.map(([name, { run }]) => [name, run])),
      purgeLimits,
    )
    conclude(
      'purge, an expired result',
      'median ms',
      purges.map(([name, { expired }]) => {
        const runs = seconds[name] ?? []
        const net = pairwise(
          runs.map(({ full }) => full),
          runs.map(({ empty }) => empty),
          (full, empty) => full - empty,
        )
        return { name, value: (median(net) / expired) * 1000 }
      }),
      { measured: `${purges.map(([, { expired }]) => expired).join(' / ')} results` },
    )
    return { title, rows, targets }
  } finally {
    for (const { site, client } of contenders) {
      client.close()
      await site.close()
    }
  }
}

async function openContender(count: number, makeDatabase: MakeJobsDatabase): Promise<Contender> {
  const name = count >= 1_000_000 ? `${count / 1_000_000} M` : `${count / 1000} k`
  const folder = await makeFolder()
  const database = await makeDatabase(folder.path, `jobs_${count}`)
  const site = await openSite([], {
    folder,
    env: database.env,
    flags: ['--no-workers'],
    async prepare() {
      const format = `${name} jobs  {bar}  {percentage} %  {duration_formatted}`
      const bar = process.stderr.isTTY ? new SingleBar({ format }) : undefined
      bar?.start(count, 0)
      await database.generate(count, (done) => bar?.update(done))
      bar?.stop()
    },
  })
  const response = await fetch(`${site.url}/api/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(site.admin),
  })
  const { access_token: token } = (await response.json()) as { access_token: string }
  const headers = { authorization: `Bearer ${token}` }
  return { name, count, site, database, client: createClient(site.url), headers }
}

/** Milliseconds of each answer. */
async function ask({ client, headers }: Contender, path: string): Promise<number[]> {
  const taken: number[] = []
  for (let index = 0; index < requestsARound; index += 1) {
    const { status, ms } = await client.get(path, headers)
    if (status !== 200) throw new Error(`${path} was answered ${status}`)
    taken.push(ms)
  }
  return taken
}

/** Seconds with something to remove, and with nothing. */
interface Purged {
  full: number
  empty: number
}

/** Each run lets the same results expire anew, with a small file each, and purges twice. */
async function preparePurge({ count, database, site: { dataDir } }: Contender) {
  const ids = await database.listPurged(Math.max(leastExpired, Math.round(count * expiredShare)))
  const env = { PHOTOCHANGER_DATA_DIR: dataDir, ...database.env }
  const purge = async (expected: number) => {
    const { code, stdout, stderr } = await runProgram(['purge', '--json'], env)
    if (code !== 0) throw new Error(stderr)
    const { expired_results: removed } = JSON.parse(stdout)
    if (removed !== expected) throw new Error(`purge removed ${removed} results instead of ${expected}`)
  }
  return {
    expired: ids.length,
    async run(): Promise<Purged> {
      await writeResults(dataDir, ids)
      await database.restoreResults(ids)
      return { full: await secondsOf(() => purge(ids.length)), empty: await secondsOf(() => purge(0)) }
    },
  }
}

async function writeResults(dataDir: string, ids: readonly string[]): Promise<void> {
  const picture = Buffer.alloc(2048, 1)
  for (const [folder, extension] of [
    ['results', 'jpg'],
    ['thumbnails', 'webp'],
  ] as const) {
    await mkdir(join(dataDir, 'media', folder), { recursive: true })
    for (const id of ids) await writeFile(join(dataDir, 'media', folder, `${id}.${extension}`), picture)
  }
}
