// How long a photo waits for another process to notice: from its entry until an idle worker claims it, and from its end
// until the server has answered. The same program twice: announced over LISTEN and NOTIFY, and where the database lets
// nobody announce anything, so that only the slow look at the rows is left.
import { setTimeout as pause } from 'node:timers/promises'
import { portrait } from '../support/photos.ts'
import { type BenchPostgres, startBenchPostgres, withClient } from './bench-postgres.ts'
import { type Client, createClient, prepareUpload, type Upload } from './client.ts'
import { median, percentile, takeTurns } from './measure.ts'
import type { Report, Row, Target } from './report.ts'
import { openWorkersSite, type Workers, type WorkersSite } from './workers-site.ts'

const limits = { rounds: 100, atMostMs: 150_000 }
/** Announced ones take a hundredth of the others' time. */
const photosATurn = { announced: 8, polled: 1 }
/** Of the worker and of the server. */
const pollMs = 1_000
const parts = { claimed: 'enqueued → claimed by a worker', answered: 'finalized → answered by the server' }

interface Contender {
  site: WorkersSite
  workers: Workers
  client: Client
  upload: Upload
  url: string
}

interface Waited {
  claimed: number
  answered: number
}

export async function benchAnnouncements(): Promise<Report> {
  const postgres = await startBenchPostgres()
  const opened: Contender[] = []
  try {
    const announced = await openContender(postgres, 'announced')
    opened.push(announced)
    const polled = await openContender(postgres, 'polled')
    opened.push(polled)
    await forbidAnnouncements(polled.url)
    const measured = await takeTurns(
      {
        announced: () => sendSome(announced, photosATurn.announced),
        polled: () => sendSome(polled, photosATurn.polled),
      },
      limits,
    )
    const rows: Row[] = []
    const targets: Target[] = []
    for (const part of ['claimed', 'answered'] as const) {
      const values = {
        announced: measured.announced.flat().map((waited) => waited[part]),
        polled: measured.polled.flat().map((waited) => waited[part]),
      }
      for (const [how, list] of Object.entries(values))
        rows.push({
          wait: parts[part],
          how: how === 'announced' ? 'LISTEN/NOTIFY' : `a look every ${pollMs} ms`,
          photos: list.length,
          'p50 ms': median(list),
          'p99 ms': percentile(list, 0.99),
          'longest ms': Math.max(...list),
        })
      targets.push({
        what: `${parts[part]}: p50 announced to p50 looked for`,
        measured: median(values.announced) / median(values.polled),
        atMost: 0.1,
      })
    }
    return {
      title: `Announcements between processes (${await postgres.describe()})`,
      rows,
      targets,
    }
  } finally {
    for (const { site, workers, client } of opened) {
      client.close()
      await workers.stop()
      await site.close()
    }
    await postgres.remove()
  }
}

async function openContender(postgres: BenchPostgres, name: string): Promise<Contender> {
  const url = await postgres.makeDatabase(name, { owner: name })
  const slot = ['slot-001', '--provider', 'echo', '--operation', 'echo']
  const site = await openWorkersSite(url, slot)
  return {
    site,
    workers: await site.startWorkers(1, 4),
    client: createClient(site.url),
    upload: await prepareUpload(portrait, site.password),
    url,
  }
}

/** An announcement that fails is lost, and the program goes on. Superusers may call everything, the site's owner is none. */
async function forbidAnnouncements(url: string): Promise<void> {
  const asSuperuser = new URL(url)
  asSuperuser.username = 'postgres'
  await withClient(asSuperuser.href, (client) =>
    client.query('revoke execute on function pg_notify(text, text) from public'),
  )
}

async function sendSome(contender: Contender, count: number): Promise<Waited[]> {
  const waited: Waited[] = []
  for (let sent = 0; sent < count; sent += 1) {
    // At any moment between two looks, as photos come.
    await pause(Math.random() * (pollMs / count))
    waited.push(await sendOne(contender))
  }
  return waited
}

/** Times of the rows are whole milliseconds, all of one clock. */
async function sendOne({ client, upload, url }: Contender): Promise<Waited> {
  const answer = await client.post('/ingest/slot-001', upload)
  const answeredAt = Date.now()
  const { rows } = await withClient(url, (other) =>
    other.query<Record<'created_at' | 'claimed_at' | 'finalized_at', string>>(
      'select created_at, claimed_at, finalized_at from jobs where id = $1',
      [answer.headers['x-job-id']],
    ),
  )
  const [job] = rows
  if (!job) throw new Error('the answer names no job')
  return {
    claimed: Number(job.claimed_at) - Number(job.created_at),
    answered: answeredAt - Number(job.finalized_at),
  }
}
