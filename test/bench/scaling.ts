// Pictures per second with 1, 2, 4 and 8 worker processes on PostgreSQL and a shared folder: with a provider that costs
// nothing, where the processor is full soon, and with a vendor that takes its time, where it is not.
import { join } from 'node:path'
import sharp from 'sharp'
import { makeFolder } from '../support/folder.ts'
import { portrait } from '../support/photos.ts'
import { runProgram } from '../support/program.ts'
import { type BenchPostgres, startBenchPostgres } from './bench-postgres.ts'
import { median, percentile } from './measure.ts'
import type { Arrival, Load } from './overload-load.ts'
import { type Counterpart, cpuMsOf, cpuMsOfTree, startCounterpart, watchCores } from './process.ts'
import type { Report, Row, Target } from './report.ts'
import { openWorkersSite, type WorkersSite } from './workers-site.ts'

const workerCounts = [1, 2, 4, 8]
/** One lane each: the question is what another process adds. */
const concurrency = 1
const vendorMs = 200
const seconds = 8
const warmUpSeconds = 2

const slots = {
  echo: ['--provider', 'echo', '--operation', 'echo'],
  [`a vendor that takes ${vendorMs} ms`]: [
    ...['--provider', 'openai', '--operation', 'image_edit'],
    ...['--set', 'prompt=a comic', '--set', 'long_edge_px=256'],
  ],
}

interface Outcome {
  perSecond: number
  latencies: number[]
  busy: number
  cpuMs: { serve: number; workers: number; postgres: number }
}

export async function benchScaling(): Promise<Report> {
  const folder = await makeFolder()
  const postgres = await startBenchPostgres()
  const vendor = await startCounterpart('./slow-vendor.ts')
  const load = await startCounterpart('./overload-load.ts')
  const site = await openWorkersSite(await postgres.makeDatabase('site'), ['slot-001', ...slots.echo], {
    PHOTOCHANGER_OPENAI_BASE_URL: await vendor.ask<string>({ takesMs: vendorMs }),
    PHOTOCHANGER_OPENAI_API_KEY: 'bench',
  })
  const rows: Row[] = []
  const targets: Target[] = []
  try {
    const photoPath = join(folder.path, 'photo.jpg')
    await sharp(portrait).resize(256).jpeg().toFile(photoPath)
    const common = { url: site.url, photoPath, password: site.password }
    for (const [provider, slot] of Object.entries(slots)) {
      const { code, stderr } = await runProgram(['slots', 'set', 'slot-001', ...slot], site.env)
      if (code !== 0) throw new Error(stderr)
      let single = Number.NaN
      for (const count of workerCounts) {
        const outcome = await measure(site, postgres, load, count, common)
        if (count === 1) single = outcome.perSecond
        const ratio = outcome.perSecond / single
        rows.push({ provider, workers: count, ...describe(outcome), 'to one worker': ratio })
        if (slot !== slots.echo && count > 1 && count <= 4)
          targets.push({
            what: `${provider}: ${count} workers to one`,
            measured: ratio,
            atLeast: 0.9 * count,
          })
      }
    }
    return {
      title: `Scaling: worker processes with one lane each, PostgreSQL and a shared folder (${await postgres.describe()})`,
      rows,
      targets,
    }
  } finally {
    await load.stop()
    await vendor.stop()
    await site.close()
    await postgres.remove()
    await folder.remove()
  }
}

/** Twice as many booths as workers, so that nobody waits for a photo. */
async function measure(
  site: WorkersSite,
  postgres: BenchPostgres,
  load: Counterpart,
  count: number,
  common: Omit<Load, 'seconds'>,
): Promise<Outcome> {
  const workers = await site.startWorkers(count, concurrency)
  try {
    const send = (wanted: { seconds: number }) =>
      load.ask<{ arrivals: Arrival[] }>({ ...common, ...wanted, booths: count * 2 } satisfies Load)
    await send({ seconds: warmUpSeconds })
    const readCpu = async () => ({
      serve: await cpuMsOf(site.pid),
      workers: (await Promise.all(workers.pids.map(cpuMsOf))).reduce((sum, ms) => sum + ms, 0),
      postgres: await cpuMsOfTree(postgres.pid),
    })
    const before = await readCpu()
    const readBusy = watchCores()
    const startedAt = performance.now()
    const { arrivals } = await send({ seconds })
    const took = (performance.now() - startedAt) / 1000
    const busy = readBusy()
    const after = await readCpu()
    const refused = arrivals.find(({ status }) => status !== 200)
    if (refused) throw new Error(`a photo was answered ${refused.status}`)
    const perPicture = (part: keyof typeof after) => (after[part] - before[part]) / arrivals.length
    return {
      perSecond: arrivals.length / took,
      latencies: arrivals.map(({ ms }) => ms),
      busy,
      cpuMs: {
        serve: perPicture('serve'),
        workers: perPicture('workers'),
        postgres: perPicture('postgres'),
      },
    }
  } finally {
    await workers.stop()
  }
}

const describe = ({ perSecond, latencies, busy, cpuMs }: Outcome): Row => ({
  'pictures/s': perSecond,
  'median ms': median(latencies),
  'p95 ms': percentile(latencies, 0.95),
  'cores busy %': busy * 100,
  'CPU ms: serve': cpuMs.serve,
  'CPU ms: workers': cpuMs.workers,
  'CPU ms: PostgreSQL': cpuMs.postgres,
})
