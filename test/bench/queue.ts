// Jobs per second through enqueue, claim and finalize on a file, against the same by hand and against other queues.
import { makeFolder } from '../support/folder.ts'
import { median, pairwise, percentile, secondsOf, takeTurns } from './measure.ts'
import { type Contender, openLiteque, openOurs, openPlainjob, openRaw } from './queues.ts'
import type { Report } from './report.ts'

const limits = { rounds: 60, atMostMs: 35_000 }
const cyclesARound = 50

export async function benchQueue(): Promise<Report> {
  const folder = await makeFolder()
  const contenders = {
    'PhotoChanger, full': await openOurs(folder.path, 'full'),
    'PhotoChanger, normal': await openOurs(folder.path, 'normal'),
    'better-sqlite3 by hand, full': await openRaw(folder.path, 'full'),
    'better-sqlite3 by hand, normal': await openRaw(folder.path, 'normal'),
    'plainjob, full': await openPlainjob(folder.path),
    'liteque, full': await openLiteque(folder.path),
  }
  try {
    const seconds = await takeTurns(
      Object.fromEntries(
        Object.entries(contenders).map(([name, contender]) => [
          name,
          () => secondsOf(() => repeat(contender)),
        ]),
      ),
      limits,
    )
    const own = seconds['PhotoChanger, full'] ?? []
    const rows = Object.entries(seconds).map(([queue, values]) => {
      const ratios = pairwise(own, values, (ours, theirs) => theirs / ours)
      return {
        queue,
        rounds: values.length,
        'jobs/s': cyclesARound / median(values),
        'median ms/job': (median(values) / cyclesARound) * 1000,
        'p95 ms/job': (percentile(values, 0.95) / cyclesARound) * 1000,
        'PhotoChanger, full, to this': median(ratios),
      }
    })
    return { title: 'Queue: jobs per second, from enqueue to the end', rows, targets: [] }
  } finally {
    for (const contender of Object.values(contenders)) await contender.close()
    await folder.remove()
  }
}

async function repeat({ cycle }: Contender): Promise<void> {
  for (let count = 0; count < cyclesARound; count += 1) await cycle()
}
