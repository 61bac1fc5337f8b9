// What administrators ask for, with a thousand, a hundred thousand and a million jobs in the database: 95th percentiles
// of answers by `serve --no-workers`, and what `purge` needs for each expired result.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { SingleBar } from 'cli-progress'
import { runProgram } from '../support/program.ts'
import { type Client, createClient } from './client.ts'
import { generateJobs } from './generate-jobs.ts'
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
  client: Client
  headers: Record<string, string>
}

export const benchAdministration = (): Promise<Report> => compareSizes(sizes)

export async function compareSizes(counts: readonly number[]): Promise<Report> {
  const contenders: Contender[] = []
  try {
    for (const count of counts) contenders.push(await openContender(count))
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
    const purges = contenders.map((contender) => [contender.name, preparePurge(contender)] as const)
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
    return { title: 'Administration: with a thousand and with a million jobs', rows, targets }
  } finally {
    for (const { site, client } of contenders) {
      client.close()
      await site.close()
    }
  }
}

async function openContender(count: number): Promise<Contender> {
  const name = count >= 1_000_000 ? `${count / 1_000_000} M` : `${count / 1000} k`
  const site = await openSite([], {
    flags: ['--no-workers'],
    async prepare(dataDir) {
      const format = `${name} jobs  {bar}  {percentage} %  {duration_formatted}`
      const bar = process.stderr.isTTY ? new SingleBar({ format }) : undefined
      bar?.start(count, 0)
      const databasePath = databaseOf(dataDir)
      generateJobs({ databasePath, count, now: Date.now(), onProgress: (done) => bar?.update(done) })
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
  return { name, count, site, client: createClient(site.url), headers }
}

const databaseOf = (dataDir: string) => join(dataDir, 'photochanger.db')

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
function preparePurge({ count, site: { dataDir } }: Contender) {
  const expired = Math.max(leastExpired, Math.round(count * expiredShare))
  const file = new Sqlite(databaseOf(dataDir), { readonly: true })
  const ids = file
    .prepare<[number], { id: string }>(
      `select id from jobs where result_file_path is null and result_expires_at is not null
       order by finalized_at desc limit ?`,
    )
    .all(expired)
    .map(({ id }) => id)
  file.close()
  const purge = async (expected: number) => {
    const { code, stdout, stderr } = await runProgram(['purge', '--json'], { PHOTOCHANGER_DATA_DIR: dataDir })
    if (code !== 0) throw new Error(stderr)
    const { expired_results: removed } = JSON.parse(stdout)
    if (removed !== expected) throw new Error(`purge removed ${removed} results instead of ${expected}`)
  }
  return {
    expired: ids.length,
    async run(): Promise<Purged> {
      await letExpire(dataDir, ids)
      return { full: await secondsOf(() => purge(ids.length)), empty: await secondsOf(() => purge(0)) }
    },
  }
}

async function letExpire(dataDir: string, ids: readonly string[]): Promise<void> {
  const picture = Buffer.alloc(2048, 1)
  for (const [folder, extension] of [
    ['results', 'jpg'],
    ['thumbnails', 'webp'],
  ] as const) {
    await mkdir(join(dataDir, 'media', folder), { recursive: true })
    for (const id of ids) await writeFile(join(dataDir, 'media', folder, `${id}.${extension}`), picture)
  }
  const file = new Sqlite(databaseOf(dataDir))
  const update = file.prepare('update jobs set result_file_path = ? where id = ?')
  file.transaction(() => {
    for (const id of ids) update.run(`results/${id}.jpg`, id)
  })()
  file.pragma('wal_checkpoint(truncate)')
  file.close()
}
