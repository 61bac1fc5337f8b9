// `npm run soak -- --minutes 60`: an evening in real time. The program's own processes under the traffic of booths, guests and
// an operator, with vendors that fail and processes that are killed; sampled all the while, and audited at the end.
import { setMaxListeners } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import Sqlite from 'better-sqlite3'
import { mean } from '../../bench/measure.ts'
import { describeMachine } from '../../bench/report.ts'
import { startVendors } from '../vendors.ts'
import { checkBooks } from './books.ts'
import { runBooths } from './booths.ts'
import { createDice, rest } from './chance.ts'
import { compareQuarters, describeLives } from './flat.ts'
import { createGuests } from './guests.ts'
import { createHttp } from './http.ts'
import { createJournal } from './journal.ts'
import { openOffice } from './office.ts'
import { holdPagesOpen } from './open-pages.ts'
import { drawEvening } from './panels.ts'
import { makeShots } from './photos.ts'
import { listTargets, printEvening } from './report.ts'
import { restartInTurn } from './restarts.ts'
import { openSite } from './site.ts'
import { geminiMix, openaiMix } from './slots.ts'
import { createVisit } from './visit.ts'
import { createVitals, type Sample } from './vitals.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    /** Photos a second. */
    rate: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    /** Where the samples go as JSON. */
    out: { type: 'string' },
    /** Also draws docs/soak.svg. */
    record: { type: 'boolean', default: false },
    /** Leaves the data directory and the logs where they are. */
    keep: { type: 'boolean', default: false },
  },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed)
const sampleEveryMs = minutes >= 20 ? 10_000 : 5_000
/** What a picture is kept for: short enough that clean-up keeps up with what comes in. */
const keptMinutes = Math.min(4, Math.max(1, minutes / 10))

const machine = describeMachine()
const vendors = await startVendors()
await vendors.setGemini({ ...geminiMix, seed })
await vendors.setOpenai({ ...openaiMix, seed })
const site = await openSite({
  PHOTOCHANGER_GEMINI_BASE_URL: vendors.geminiUrl,
  PHOTOCHANGER_GEMINI_API_KEY: 'rehearsal',
  PHOTOCHANGER_OPENAI_BASE_URL: vendors.openaiUrl,
  PHOTOCHANGER_OPENAI_API_KEY: 'rehearsal',
  PHOTOCHANGER_TURBOTEXT_BASE_URL: vendors.turbotextUrl,
  PHOTOCHANGER_TURBOTEXT_API_KEY: 'rehearsal',
  PHOTOCHANGER_BACKUP_SCHEDULE: '*/5 * * * *',
  PHOTOCHANGER_BACKUP_KEEP: '2',
})
keepPicturesFor(keptMinutes)

const ending = new AbortController()
setMaxListeners(0, ending.signal)
process.once('SIGINT', () => ending.abort())
const journal = createJournal(site.restarts)
const dice = createDice(seed)
const http = createHttp(site.url)
const visit = createVisit(http, journal)
const { signal } = ending
await site.start('serve')
await site.start('worker')
const shots = await makeShots(site.folder)
const office = await openOffice({
  visit,
  journal,
  dice,
  site,
  signal,
  purgeEveryMs: (keptMinutes * 60_000) / 4,
})
const guests = createGuests({ visit, journal, dice, signal, slideshow: () => office.slideshowPath })

const startedAt = Date.now()
const samples: Sample[] = []
const lookAround = createVitals(site)
setTimeout(() => ending.abort(), minutes * 60_000)
await Promise.all([
  runBooths(
    { http, journal, dice, shots, password: site.password, onPicture: guests.remember },
    Number(values.rate),
    signal,
  ),
  guests.run(),
  office.run(),
  holdPagesOpen(3, { url: site.url, headers: office.headers, journal, signal }),
  restartInTurn({
    site,
    journal,
    minutes,
    signal,
    onRestart: ({ role, signal: how }) => say(`${role}: ${how}, and there again`),
  }),
  takeSamples(),
])
await finish()

async function takeSamples() {
  while (!signal.aborted) {
    await rest(sampleEveryMs, signal)
    if (signal.aborted) return
    const vitals = await lookAround()
    const at = Math.round((Date.now() - startedAt) / 100) / 10
    const life = site.restarts.filter(({ role }) => role === 'serve').length
    const sample = { at, life, ...vitals, ...journal.take() }
    samples.push(sample)
    say(
      `${journal.photos.size} photos, ${sample.serve?.rssMib ?? '–'} MiB, ${sample.serve?.fds ?? '–'} fds, ` +
        `${sample.mediaMib} MiB of pictures, effect ${sample.latencies.effect?.p50 ?? '–'} ms, ` +
        `${journal.unexplained.length} unexplained`,
    )
  }
}

function say(what: string) {
  const minute = ((Date.now() - startedAt) / 60_000).toFixed(1)
  process.stderr.write(`${minute.padStart(5)} min  ${what}\n`)
}

/** Less than an administrator may choose, so that an hour has many turns of clean-up. */
function keepPicturesFor(keptMinutes: number) {
  const db = new Sqlite(join(site.dataDir, 'photochanger.db'))
  db.prepare('insert into settings (key, value_json, updated_at) values (?, ?, ?)').run(
    'result_retention_hours',
    JSON.stringify(keptMinutes / 60),
    Date.now(),
  )
  db.close()
}

async function finish() {
  say('the booths have gone home; ending and checking the books')
  await untilQuiet()
  http.close()
  for (const role of ['serve', 'worker'] as const) {
    const code = await site.stop(role)
    if (code !== 0) journal.blame(`${role} ended with ${code}`)
  }
  vendors.close()
  const purged = await site.run('purge', '--scope', 'full')
  if (purged.code !== 0) journal.blame(`purge ended with ${purged.code}: ${purged.stderr}`)
  const backups = await verifyBackups()
  const books = await checkBooks(site, journal)
  const evening = {
    samples,
    journal,
    restarts: site.restarts,
    comparisons: compareQuarters(samples, journal, startedAt),
    lives: describeLives(samples),
    books,
    processorShare: shareOfProcessor(),
    otherChecks: backups,
  }
  const hasMet = printEvening(evening)
  const out = values.out
  if (out) {
    const { comparisons, lives, restarts } = evening
    const told = {
      machine,
      minutes,
      seed,
      rate: Number(values.rate),
      startedAt,
      hasMet,
      targets: listTargets(evening),
      comparisons,
      lives,
      restarts,
      books,
      samples,
    }
    await writeFile(out, JSON.stringify(told))
  }
  if (values.record) {
    const path = fileURLToPath(new URL('../../../docs/soak.svg', import.meta.url))
    await writeFile(path, drawEvening(samples, site.restarts, startedAt))
  }
  if (values.keep) say(`kept: ${site.folder}`)
  else await site.remove()
  process.exit(hasMet ? 0 : 1)
}

/** Photos of booths that hung up may still be worked on; none longer than its window. */
async function untilQuiet() {
  const giveUpAt = Date.now() + 70_000
  while (Date.now() < giveUpAt) {
    const { queued, processing } = await lookAround()
    if (queued + processing === 0) return
    await rest(1_000, new AbortController().signal)
  }
}

/** The newest is read through; a run of less than five minutes may have none. */
async function verifyBackups() {
  const { listBackups } = await import('../../../src/transfer/rotation.ts')
  const names = await listBackups(site.backupDir).catch(() => [])
  const newest = names.at(-1)
  if (newest) {
    const { code, stderr } = await site.run('restore', join(site.backupDir, newest), '--verify')
    if (code !== 0) journal.blame(`the backup ${newest} is not whole: ${stderr}`)
  }
  return [{ what: 'backups kept', measured: names.length, atLeast: minutes >= 12 ? 2 : 0, atMost: 2 }]
}

function shareOfProcessor(): number {
  const used = samples
    .map(({ serve, worker }) => (serve?.cpu ?? 0) + (worker?.cpu ?? 0))
    .filter(Number.isFinite)
  return (100 * mean(used)) / cpus().length
}
