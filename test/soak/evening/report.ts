// What is printed at the end: tables to paste into docs/soak.md, and what was met or missed.
import { describeTarget, isMet, type Row, type Target } from '../../bench/report.ts'
import { printTable } from '../report.ts'
import type { Books } from './books.ts'
import { type Comparison, isLongEnough, type Life, round, toTarget } from './flat.ts'
import { figuresOf, type Journal } from './journal.ts'
import type { Restart } from './site.ts'
import type { Sample } from './vitals.ts'

export interface Evening {
  samples: readonly Sample[]
  journal: Journal
  restarts: readonly Restart[]
  comparisons: readonly Comparison[]
  lives: readonly Life[]
  books: Books
  /** Of both cores, in percent. */
  processorShare: number
  otherChecks: readonly Target[]
}

export const listTargets = ({ comparisons, lives, books, otherChecks }: Evening): Target[] => [
  ...books.checks,
  ...otherChecks,
  ...(isLongEnough(lives) ? comparisons.map(toTarget) : []),
]

const mostFindings = 40

/** True when everything was met. */
export function printEvening(evening: Evening): boolean {
  const { comparisons, lives, books } = evening
  printTable([summaryOf(evening)])
  console.log()
  printTable(latencyRows(evening.journal))
  console.log()
  printTable(
    comparisons.map(({ what, unit, second, last, atMost }) => ({
      'last life of serve': what,
      unit,
      'second quarter': round(second),
      'last quarter': round(last),
      'at most': round(atMost),
    })),
  )
  console.log()
  printTable(
    lives.map(({ number, minutes, rssMib, slopeMibPerHour, fds }) => ({
      life: number + 1,
      minutes,
      'RSS, MiB': rssMib,
      'trend, MiB/h': Number.isNaN(slopeMibPerHour) ? 'too short' : slopeMibPerHour,
      'open files': fds,
    })),
  )
  console.log()
  const targets = listTargets(evening)
  for (const target of targets) console.log(`- ${describeTarget(target)}`)
  for (const finding of books.findings.slice(0, mostFindings)) console.log(`  ${finding}`)
  if (!isLongEnough(lives)) console.log('- not judged: whether anything grows, the last life was too short')
  const hasMet = targets.every(isMet)
  console.log(hasMet ? '\nThe evening was a good one.' : '\nBROKEN: see what was missed above.')
  return hasMet
}

function summaryOf({ samples, journal, restarts, books, processorShare }: Evening): Row {
  const { counts, photos } = journal
  const of = (role: string, signal: string) =>
    restarts.filter((restart) => restart.role === role && restart.signal === signal).length
  const [first, last] = [samples[0], samples.at(-1)]
  return {
    minutes: round((last?.at ?? 0) / 60),
    'photos sent': photos.size,
    jobs: books.jobs,
    ...books.outcomes,
    'sent twice': counts.repeats,
    'hung up': counts.hungUp,
    'erased by guests': counts.erased,
    exports: counts.exports,
    'slot edits': counts.edits,
    'live events': counts.events,
    'serve: SIGTERM, kill -9': `${of('serve', 'SIGTERM')}, ${of('serve', 'SIGKILL')}`,
    'worker: SIGTERM, kill -9': `${of('worker', 'SIGTERM')}, ${of('worker', 'SIGKILL')}`,
    'processor, both cores': `${Math.round(processorShare)} %`,
    'database, KiB a job': round(
      (((last?.databaseMib ?? 0) - (first?.databaseMib ?? 0)) * 1024) / books.jobs,
    ),
  }
}

function latencyRows({ calm }: Journal): Row[] {
  const kinds = [...new Set(calm.map(({ kind }) => kind))].sort()
  return kinds.map((kind) => {
    const { count, p50, p95, p99 } = figuresOf(calm.filter((seen) => seen.kind === kind))
    return { kind, answers: count, 'p50, ms': p50, 'p95, ms': p95, 'p99, ms': p99 }
  })
}
