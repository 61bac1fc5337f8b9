// `npm run soak` without `--minutes`: many ingests against vendors that fail in every way they can, with time scaled down.
// Three policies on the same seed: the plan, the plan with hedging, and a plain "five times, three seconds apart".

import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import cliProgress from 'cli-progress'
import sharp from 'sharp'
import { AppError } from '../../src/errors.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { sendPhoto } from '../support/booth.ts'
import { portrait } from '../support/photos.ts'
import { openTestServer, type TestServer } from '../support/server.ts'
import { percentile, printTable } from './report.ts'
import { startVendors, type Vendors } from './vendors.ts'

const { values } = parseArgs({
  options: {
    ingests: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    concurrency: { type: 'string', default: '24' },
    scale: { type: 'string', default: '0.1' },
    policy: { type: 'string' },
  },
})
const ingests = Number(values.ingests)
const seed = Number(values.seed)
const concurrency = Number(values.concurrency)
/** One second of a real evening is this many here. */
const scale = Number(values.scale)
const windowSec = 48 * scale

// The first provider fails 30 % of the time, in every way it can; the second 10 %.
const firstMix = {
  name: 'mix',
  timeScale: scale,
  seed,
  weights: {
    ok: 70,
    '503': 6,
    '429-minute': 3,
    '429-day': 0.3,
    'no-image': 6,
    'image-safety': 3,
    hang: 4,
    'reset-mid-body': 2,
    reset: 2,
    'not-a-picture': 1.7,
    'html-502': 2,
  },
}
const secondMix = {
  name: 'mix',
  timeScale: scale,
  seed: seed + 1,
  weights: {
    ok: 900,
    rate_limit: 20,
    moderation_blocked: 15,
    overloaded: 20,
    server_error: 15,
    hang: 10,
    reset: 10,
    garbage: 5,
    empty_data: 5,
  },
}

const gemini = {
  provider_id: 'gemini',
  operation_id: 'image_edit',
  settings: { prompt: 'a comic', long_edge_px: 256 },
}
const openai = {
  provider_id: 'openai',
  operation_id: 'image_edit',
  settings: { prompt: 'a comic', model: 'gpt-image-2.5-flare', vendor_quality: 'low', long_edge_px: 256 },
}
const plan = { fallbacks: [openai], on_failure: 'local', repeat_window_sec: 0 }

const policies = {
  plan: { provider: 'gemini', settings: plan },
  'plan + hedging': { provider: 'gemini', settings: { ...plan, hedge: true } },
  'retry 5 x 3 s': { provider: 'stubborn', settings: { repeat_window_sec: 0 } },
} as const

/** The same vendor without any of the plan's judgement: every failure is tried again, five times, three seconds apart. */
function stubborn(vendor: Provider): Provider {
  const operations = Object.entries(vendor.operations).map(([id, operation]) => {
    const run: typeof operation.run = async (task) => {
      try {
        return await operation.run(task)
      } catch (cause) {
        if (!(cause instanceof AppError)) throw cause
        throw new AppError('provider_unavailable', { retryHint: { atMost: 4, afterMs: 3000 * scale }, cause })
      }
    }
    return [
      id,
      { ...operation, run, priceUsd: () => 0, usualLatency: () => ({ p50Ms: 0, p90Ms: 48_000 * scale }) },
    ]
  })
  return {
    ...vendor,
    id: 'stubborn',
    limits: undefined,
    operations: Object.fromEntries(operations),
  } as Provider
}

interface Answer {
  status: number
  ms: number
  provider: string | undefined
  degraded: string | undefined
  jobId: string | undefined
}

async function open(vendors: Vendors): Promise<TestServer> {
  const server = await openTestServer({
    t_sync_response_seconds: windowSec,
    queue_max_in_flight_jobs: 500,
    workers: concurrency + 4,
    gemini_base_url: vendors.geminiUrl,
    gemini_api_key: 'rehearsal',
    openai_base_url: vendors.openaiUrl,
    openai_api_key: 'rehearsal',
    log_level: 'error',
  })
  const { providers } = server.app
  const vendor = providers.get('gemini')
  if (vendor) {
    // A budget of calls made for one evening is used up in a minute at this pace.
    providers.set('gemini', { ...vendor, limits: {} })
    providers.set('stubborn', stubborn(vendor))
  }
  await learnScaledLatencies(server)
  return server
}

/** What live traffic would have taught: the vendors' usual latencies, scaled. */
async function learnScaledLatencies({ app }: TestServer) {
  for (const step of [gemini, openai]) {
    const operation = app.providers.get(step.provider_id)?.operations[step.operation_id]
    const settings = operation?.settings.parse(step.settings)
    const { p50Ms = 0, p90Ms = 0 } = operation?.usualLatency?.(settings) ?? {}
    const target = `${step.provider_id}/${await app.fingerprintOf(step.provider_id)}/${operation?.modelOf?.(settings)}`
    const latencies = Array.from({ length: 20 }, (_, at) => Math.round((at < 17 ? p50Ms : p90Ms) * scale))
    await app.db.query
      .insertInto('provider_health')
      .values({
        target,
        failures_in_row: 0,
        open_until: 0,
        latencies_json: JSON.stringify(latencies),
        updated_at: Date.now(),
      })
      .execute()
  }
}

async function drive(server: TestServer, count: number, photo: Buffer, label: string): Promise<Answer[]> {
  const bar = process.stderr.isTTY
    ? new cliProgress.SingleBar(
        { format: `${label} {bar} {value}/{total} {eta_formatted}` },
        cliProgress.Presets.shades_grey,
      )
    : undefined
  bar?.start(count, 0)
  const answers: Answer[] = []
  let begun = 0
  const lane = async () => {
    while (begun < count) {
      begun += 1
      const startedAt = performance.now()
      const response = await sendPhoto(server.url, 'slot-001', { password: server.password, photo })
      await response.arrayBuffer()
      answers.push({
        status: response.status,
        ms: performance.now() - startedAt,
        provider: response.headers.get('x-photochanger-provider') ?? undefined,
        degraded: response.headers.get('x-photochanger-degraded') ?? undefined,
        jobId: response.headers.get('x-job-id') ?? undefined,
      })
      bar?.increment()
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  bar?.stop()
  return answers
}

const isInTime = ({ status, ms }: Answer) => status === 200 && ms <= windowSec * 1000

/** What became of a photo that had no picture in time. */
async function explain({ app }: TestServer, { status, ms, jobId }: Answer): Promise<void> {
  const events = jobId ? await app.reader.log(jobId) : []
  const begun = events[0]?.occurredAt ?? 0
  const told = events.map(
    ({ event, occurredAt, details }) => `${occurredAt - begun} ms ${event} ${JSON.stringify(details)}`,
  )
  process.stderr.write(
    `missed: ${status} after ${Math.round(ms)} ms\n${told.map((line) => `  ${line}\n`).join('')}`,
  )
}

/** Jobs for which one vendor delivered, and charged for, more than one good picture. */
async function countDoubleCharges({ app }: TestServer, charged: { gemini: number; openai: number }) {
  const rows = await app.db.query
    .selectFrom('processing_log')
    .select(['job_id', 'event', 'details_json'])
    .where('event', 'in', ['succeeded', 'late_result'])
    .execute()
  const delivered = new Map<string, number>()
  for (const { job_id: id, event } of rows)
    if (event === 'succeeded') delivered.set(id, (delivered.get(id) ?? 0) + 1)
  const used = rows.filter(
    ({ event, details_json }) =>
      event === 'succeeded' && /"provider":"(gemini|openai|stubborn)"/.test(details_json),
  )
  return {
    double: [...delivered.values()].filter((count) => count > 1).length,
    unused: charged.gemini + charged.openai - used.length,
  }
}

const photo = await sharp(await readFile(portrait))
  .resize(256)
  .jpeg()
  .toBuffer()
const rows: Record<string, string | number>[] = []
for (const [name, { provider, settings }] of Object.entries(policies)) {
  if (values.policy !== undefined && values.policy !== name) continue
  const vendors = await startVendors()
  const server = await open(vendors)
  await vendors.setGemini(firstMix)
  await vendors.setOpenai(secondMix)
  await server.app.slots.update('slot-001', {
    providerId: provider,
    operationId: 'image_edit',
    settings: { ...gemini.settings, ...settings },
  })
  const answers = await drive(server, ingests, photo, name)
  const { double, unused } = await countDoubleCharges(server, await vendors.charged())
  const inTime = answers.filter(isInTime)
  for (const missed of answers.filter((answer) => !isInTime(answer))) await explain(server, missed)
  const shareOf = (fits: (answer: Answer) => boolean) =>
    `${((100 * answers.filter(fits).length) / answers.length).toFixed(2)} %`
  const at = (share: number) =>
    `${(
      percentile(
        answers.map(({ ms }) => ms),
        share,
      ) /
        1000 /
        scale
    ).toFixed(1)} s`
  const row: Record<string, string | number> = {
    policy: name,
    ingests: answers.length,
    'in time': `${((100 * inTime.length) / answers.length).toFixed(2)} %`,
    'first provider': shareOf((answer) => answer.provider === provider && !answer.degraded),
    'second provider': shareOf(({ provider: by }) => by === 'openai'),
    degraded: shareOf(({ degraded }) => degraded !== undefined),
    'double charges': double,
    'paid, not used': unused,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
  }
  if (provider === 'gemini') row['lost in an outage'] = await measureOutage(server, vendors, photo)
  rows.push(row)
  process.stderr.write(`${name}: ${row['in time']} in time\n`)
  await server.close()
  vendors.close()
}

/** The first provider goes down completely: how much longer than the second one's own time did guests wait, in all? */
async function measureOutage(server: TestServer, vendors: Vendors, picture: Buffer): Promise<string> {
  await vendors.setOpenai({ ...secondMix, weights: { ok: 1 } })
  await vendors.setGemini({ name: 'hang' })
  const answers = await drive(server, Math.max(concurrency * 4, 96), picture, 'outage')
  const ordered = answers.map(({ ms }) => ms / 1000 / scale)
  // Once the breaker is open a photo costs the second provider's time and nothing else.
  const usual = percentile(ordered.slice(-concurrency), 0.5)
  const lost = ordered.reduce((sum, seconds) => sum + Math.max(0, seconds - usual), 0)
  return `${(lost / ordered.length).toFixed(1)} s a photo over ${ordered.length}`
}

printTable(rows)
console.log(
  `window 48 s, scaled by ${scale}; ${concurrency} booths at once; seed ${seed}; times are unscaled seconds`,
)
process.exit(0)
