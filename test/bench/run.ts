// `npm run bench` runs all benchmarks, `npm run bench -- ingest filter` these; `--json` prints one object.
// Nothing fails when a target is missed: it is printed.
import { benchAdministration, benchAdministrationOnPostgres } from './administration.ts'
import { benchAnnouncements } from './announcements.ts'
import { benchDownload } from './download.ts'
import { benchFilter } from './filter.ts'
import { benchIngest } from './ingest.ts'
import { benchMemory } from './memory.ts'
import { benchOverload } from './overload.ts'
import { benchQueue } from './queue.ts'
import { benchQueuePostgres } from './queue-postgres.ts'
import {
  type Benchmark,
  describeMachine,
  describeTarget,
  formatReport,
  isMet,
  type Report,
} from './report.ts'
import { benchScaling } from './scaling.ts'

const benchmarks: Readonly<Record<string, Benchmark>> = {
  ingest: benchIngest,
  filter: benchFilter,
  queue: benchQueue,
  download: benchDownload,
  memory: benchMemory,
  administration: benchAdministration,
  overload: benchOverload,
  'queue-postgres': benchQueuePostgres,
  announcements: benchAnnouncements,
  scaling: benchScaling,
  'administration-postgres': benchAdministrationOnPostgres,
}

const args = process.argv.slice(2)
const asJson = args.includes('--json')
const wanted = args.filter((arg) => arg !== '--json')
const unknown = wanted.filter((name) => !(name in benchmarks))
if (unknown.length > 0) {
  process.stderr.write(
    `There is no benchmark ${unknown.join(', ')}. Choose from: ${Object.keys(benchmarks).join(', ')}.\n`,
  )
  process.exit(2)
}

const machine = describeMachine()
const reports: Record<string, Report> = {}
if (!asJson) {
  const lines = Object.entries(machine).map(([name, value]) => `${name.replaceAll('_', ' ')}: ${value}`)
  process.stdout.write(`${lines.join('\n')}\n`)
}
for (const [name, run] of Object.entries(benchmarks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const startedAt = performance.now()
  process.stderr.write(`${name} ...\n`)
  const report = await run()
  reports[name] = report
  process.stderr.write(`${name}: ${Math.round((performance.now() - startedAt) / 1000)} s\n`)
  if (!asJson) process.stdout.write(`\n${formatReport(report)}\n`)
}
if (asJson) {
  process.stdout.write(`${JSON.stringify({ machine, benchmarks: reports }, null, 2)}\n`)
} else {
  const missed = Object.values(reports).flatMap(({ targets }) => targets.filter((target) => !isMet(target)))
  process.stdout.write(`\n${missed.length} targets missed\n`)
  for (const target of missed) process.stdout.write(`${describeTarget(target)}\n`)
}
