// `npm run abuse`: mutated bodies and pictures by the hundred thousand, and what machines, disks and networks do on a bad
// day, against the real program. Loopback only. Ends with 1 when a check failed.
import { cpus, release, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import cliProgress from 'cli-progress'
import Table from 'cli-table3'
import { createRecorder, type Recorder, type Report } from './report.ts'
import { abuseBodies } from './scenarios/bodies.ts'
import { abuseClock } from './scenarios/clock-jumps.ts'
import { abuseDamagedDatabase } from './scenarios/damaged-database.ts'
import { abuseFewDescriptors } from './scenarios/few-descriptors.ts'
import { abuseFullDisk } from './scenarios/full-disk.ts'
import { abuseWithIdleConnections } from './scenarios/idle-connections.ts'
import { abuseLockedDatabase } from './scenarios/locked-database.ts'
import { abuseReadOnlyMedia } from './scenarios/read-only-media.ts'
import { abuseWithSlowClients } from './scenarios/slow-clients.ts'
import { abuseUnwritableLog } from './scenarios/unwritable-log.ts'

const usage = `npm run abuse -- [SCENARIO ...] [--seed N] [--bodies N] [--only INDEX] [--json]`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    bodies: { type: 'string', default: '100000' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
const bodies = Number(values.bodies)
const only = values.only === undefined ? undefined : Number(values.only)

const scenarios: Record<string, (recorder: Recorder) => Promise<void>> = {
  bodies: (recorder) => abuseBodies(recorder, { seed, bodies, only, onProgress: showProgress }),
  'slow-clients': abuseWithSlowClients,
  'idle-connections': abuseWithIdleConnections,
  'full-disk': abuseFullDisk,
  'read-only-media': abuseReadOnlyMedia,
  'clock-jumps': abuseClock,
  'locked-database': abuseLockedDatabase,
  'damaged-database': abuseDamagedDatabase,
  'few-descriptors': abuseFewDescriptors,
  'unwritable-log': abuseUnwritableLog,
}

const bar = process.stderr.isTTY
  ? new cliProgress.SingleBar(
      { format: '{bar} {value}/{total} {eta_formatted}' },
      cliProgress.Presets.shades_grey,
    )
  : undefined
let toldTenth = 0

function showProgress(done: number, total: number) {
  if (bar) {
    if (done === 1) bar.start(total, 0)
    bar.update(done)
    if (done === total) bar.stop()
    return
  }
  const tenth = Math.floor((done * 10) / total)
  if (tenth > toldTenth) process.stderr.write(`  ${done} of ${total}\n`)
  toldTenth = Math.max(toldTenth, tenth)
}

const names = only === undefined ? positionals : ['bodies']
const unknown = names.filter((name) => !(name in scenarios))
if (values.help || unknown.length > 0 || [seed, bodies, only ?? 0].some(Number.isNaN)) {
  process.stderr.write(`${usage}\nscenarios: ${Object.keys(scenarios).join(', ')}\n`)
  process.exit(values.help ? 0 : 2)
}

// So that the processes under abuse end with this one.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const reports: Report[] = []
for (const [name, run] of Object.entries(scenarios)) {
  if (names.length > 0 && !names.includes(name)) continue
  process.stderr.write(`${name}\n`)
  const recorder = createRecorder(name, (text) => void process.stderr.write(`${text}\n`))
  const startedAt = performance.now()
  await run(recorder).catch((error: unknown) =>
    recorder.check(
      'the scenario came to its end',
      false,
      error instanceof Error ? (error.stack ?? '') : String(error),
    ),
  )
  reports.push({ ...recorder.report, seconds: Math.round((performance.now() - startedAt) / 100) / 10 })
}

const machine = {
  processor: cpus()[0]?.model ?? '',
  cores: cpus().length,
  memory_gib: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.version,
  at: new Date().toISOString(),
}
if (values.json) process.stdout.write(`${JSON.stringify({ machine, seed, bodies, reports }, undefined, 2)}\n`)
else printTable()
const hasFailed = reports.some(({ checks }) => checks.some(({ isOk }) => !isOk))
process.exit(hasFailed ? 1 : 0)

function printTable() {
  const table = new Table({ head: ['scenario', 'checks', 'failed', 'seconds', ''] })
  for (const { name, checks, seconds = 0, skipped = '' } of reports) {
    const failed = checks.filter(({ isOk }) => !isOk)
    table.push([
      name,
      checks.length,
      failed.length,
      seconds,
      skipped ? `skipped: ${skipped}` : (failed[0]?.what ?? 'ok'),
    ])
  }
  const { processor, cores, memory_gib: memory, node, at } = machine
  process.stdout.write(
    `${table}\n${processor}, ${cores} cores, ${memory} GiB, Node ${node}, ${at}, seed ${seed}\n`,
  )
}
