// Jobs per second through enqueue, claim and finalize on PostgreSQL, against pg-boss and graphile-worker, one after
// another and several at once. Without waiting for the disk all three are equally durable; with it ours does not wait
// for a claim, of which nothing is promised.
import { type BenchPostgres, startBenchPostgres, withoutSync } from './bench-postgres.ts'
import { inLanes, median, pairwise, percentile, takeTurns } from './measure.ts'
import type { Contender } from './queues.ts'
import { openGraphileWorker, openOurs, openPgBoss } from './queues-postgres.ts'
import type { Report, Row, Target } from './report.ts'

const limits = { rounds: 30, atMostMs: 60_000 }
const cyclesARound = 48
const laneCounts = [1, 4, 8]
const ours = 'PhotoChanger'
const leastRatio = 0.5

interface Measured {
  seconds: number
  /** Of this process, which is the client of all three. */
  cpuMs: number
}

export async function benchQueuePostgres(): Promise<Report> {
  const postgres = await startBenchPostgres()
  const contenders = await openContenders(postgres)
  const rows: Row[] = []
  const targets: Target[] = []
  try {
    for (const lanes of laneCounts) {
      const turns = contenders.map(({ name, contender }) => [name, () => measure(contender, lanes)])
      const measured: Record<string, Measured[]> = await takeTurns(Object.fromEntries(turns), {
        ...limits,
        atMostMs: limits.atMostMs / laneCounts.length,
      })
      for (const { name, queue, commits } of contenders) {
        const own = secondsIn(measured[nameOf(ours, commits)])
        const values = secondsIn(measured[name])
        const ratio = median(pairwise(own, values, (mine, theirs) => theirs / mine))
        rows.push({
          queue,
          commits,
          'at once': lanes,
          rounds: values.length,
          'jobs/s': cyclesARound / median(values),
          'median ms/job': (median(values) / cyclesARound) * 1000,
          'p95 ms/job': (percentile(values, 0.95) / cyclesARound) * 1000,
          'client CPU ms/job': median((measured[name] ?? []).map(({ cpuMs }) => cpuMs)) / cyclesARound,
          'PhotoChanger to this': ratio,
        })
        if (queue !== ours)
          targets.push({
            what: `PhotoChanger to ${queue}, ${commits}, ${lanes} at once`,
            measured: ratio,
            atLeast: leastRatio,
          })
      }
    }
    return {
      title: `Queue on PostgreSQL: jobs per second, from enqueue to the end (${await postgres.describe()})`,
      rows,
      targets,
    }
  } finally {
    for (const { contender } of contenders) await contender.close()
    await postgres.remove()
  }
}

const nameOf = (queue: string, commits: string) => `${queue}, ${commits}`

async function openContenders(postgres: BenchPostgres) {
  const queues = [
    [ours, 'ours', openOurs],
    ['pg-boss', 'pg_boss', openPgBoss],
    ['graphile-worker', 'graphile_worker', openGraphileWorker],
  ] as const
  const opened: { name: string; queue: string; commits: string; contender: Contender }[] = []
  for (const commits of ['synced', 'not synced']) {
    for (const [queue, database, open] of queues) {
      const isSynced = commits === 'synced'
      const url = await postgres.makeDatabase(isSynced ? database : `${database}_not_synced`)
      const contender = await open(isSynced ? url : withoutSync(url))
      opened.push({ name: nameOf(queue, commits), queue, commits, contender })
    }
  }
  return opened
}

async function measure({ cycle }: Contender, lanes: number): Promise<Measured> {
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  await inLanes(cyclesARound, lanes, cycle)
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { seconds, cpuMs: (user + system) / 1000 }
}

const secondsIn = (measured: readonly Measured[] = []) => measured.map(({ seconds }) => seconds)
