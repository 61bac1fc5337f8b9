// A database as a booth fills it in 90 days: finished jobs, and the totals and roll-ups that belong to them.
// Written past the program, with prepared statements and without waiting for the disk.
import Sqlite from 'better-sqlite3'
import { bucketOf } from '../../src/stats/histogram.ts'
import { dayMs, hourMs, periodStart } from '../../src/stats/periods.ts'
import { createRandom } from '../support/random.ts'

export const days = 90
export const retentionMs = 72 * hourMs
const atOnce = 20_000

/** Of the slots, in shares of the photos. */
export const slots = [
  { id: 'slot-001', provider: 'local', share: 0.3, typicalMs: 350 },
  { id: 'slot-002', provider: 'gemini', share: 0.25, typicalMs: 9000 },
  { id: 'slot-003', provider: 'local', share: 0.12, typicalMs: 500 },
  { id: 'slot-004', provider: 'turbotext', share: 0.1, typicalMs: 14_000 },
  { id: 'slot-005', provider: 'openai', share: 0.1, typicalMs: 16_000 },
  { id: 'slot-006', provider: 'gemini', share: 0.08, typicalMs: 8000 },
  { id: 'slot-007', provider: 'local', share: 0.05, typicalMs: 250 },
] as const

export const outcomes = [
  { reason: null, share: 0.92 },
  { reason: 'degraded', share: 0.02 },
  { reason: 'timeout', share: 0.03 },
  { reason: 'provider_error', share: 0.02 },
  { reason: 'cancelled', share: 0.01 },
] as const

interface GeneratedJob {
  id: string
  slot: (typeof slots)[number]
  createdAt: number
  finalizedAt: number
  reason: 'timeout' | 'provider_error' | 'cancelled' | null
  madeBy: string | null
  latencyMs: number
}

interface GenerateOptions {
  databasePath: string
  count: number
  now: number
  onProgress(done: number): void
}

/** The database has been made by `init`, and nobody else has it open. */
export function generateJobs({ databasePath, count, now, onProgress }: GenerateOptions): void {
  const file = new Sqlite(databasePath)
  file.pragma('journal_mode = memory')
  file.pragma('synchronous = off')
  file.pragma('cache_size = -200000')
  const rollUps = createRollUps()
  const insert = prepareInsert(file, now)
  const random = createRandom(count)
  for (let done = 0; done < count; ) {
    file.transaction(() => {
      const end = Math.min(count, done + atOnce)
      for (; done < end; done += 1) {
        const job = makeJob(random, timeOf(done / count, now))
        insert(job)
        rollUps.add(job)
      }
    })()
    onProgress(done)
  }
  file.transaction(() => rollUps.save(file))()
  file.pragma('journal_mode = wal')
  file.close()
}

/** Parties take half of each day; the last one has just ended. */
function timeOf(share: number, now: number): number {
  const day = Math.floor(share * days)
  return Math.floor(now - 60_000 - (days - day) * dayMs + dayMs * (0.5 + (share * days - day) / 2))
}

function makeJob(random: () => number, createdAt: number): GeneratedJob {
  const slot = pick(slots, random())
  const { reason } = pick(outcomes, random())
  const latencyMs = Math.round(slot.typicalMs * Math.exp(0.7 * (random() + random() + random() - 1.5)))
  const finalizedAt = createdAt + (reason === 'timeout' ? 48_000 : latencyMs + 60)
  const hasPicture = reason === null || reason === 'degraded'
  return {
    id: makeId(createdAt, random),
    slot,
    createdAt,
    finalizedAt,
    reason: hasPicture ? null : reason,
    madeBy: hasPicture ? (reason === 'degraded' ? 'local' : slot.provider) : null,
    latencyMs: reason === 'degraded' ? Math.ceil(latencyMs / 20) : latencyMs,
  }
}

function pick<T extends { share: number }>(choices: readonly T[], at: number): T {
  let rest = at
  for (const choice of choices) {
    if (rest < choice.share) return choice
    rest -= choice.share
  }
  return choices[0] as T // The shares add up to one but for rounding.
}

/** Sorts by time, as a UUIDv7 does. */
function makeId(at: number, random: () => number): string {
  const time = at.toString(16).padStart(12, '0')
  const noise = () =>
    Math.floor(random() * 0x10000)
      .toString(16)
      .padStart(4, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${noise().slice(1)}-8${noise().slice(1)}-${noise()}${noise()}${noise()}`
}

function prepareInsert(file: Sqlite.Database, now: number) {
  const insertJob = file.prepare(
    `insert into jobs (id, slot_id, slot_snapshot_json, status, is_finalized, is_test, failure_reason, error_code,
       error_detail, attempt, payload_path, payload_mime, payload_size_bytes, payload_checksum, width_px, height_px,
       fields_json, provider_id, cost_micro_usd, result_file_path, result_mime_type, result_size_bytes,
       result_checksum, result_expires_at, expires_at, created_at, claimed_at, updated_at, finalized_at)
     values (@id, @slot, @snapshot, @status, 1, 0, @reason, @code, @detail, 1, @payload, 'image/jpeg', 3500000,
       @checksum, 4000, 6000, @fields, @madeBy, @cost, @path, @mime, @size, @resultChecksum, @resultExpiresAt,
       @expiresAt, @createdAt, @claimedAt, @finalizedAt, @finalizedAt)`,
  )
  const insertLog = file.prepare(
    `insert into processing_log (id, job_id, event, occurred_at, provider_latency_ms, details_json)
     values (?, ?, ?, ?, ?, ?)`,
  )
  const random = createRandom(5)
  const checksum = 'c'.repeat(64)
  return (job: GeneratedJob) => {
    const { id, slot, createdAt, finalizedAt, reason, madeBy } = job
    const resultExpiresAt = finalizedAt + retentionMs
    insertJob.run({
      id,
      slot: slot.id,
      snapshot: JSON.stringify({
        name: 'A slot of the benchmark',
        version: 3,
        providerId: slot.provider,
        operationId: 'image_edit',
        settings: {
          prompt: 'Turn the guests into a watercolour, keep their faces as they are.',
          strength: 80,
        },
        fallbacks: [],
        hedge: false,
        templates: {},
        cancelOnDisconnect: false,
      }),
      status: reason ? 'failed' : 'succeeded',
      reason,
      code:
        reason && { timeout: 'sync_timeout', provider_error: 'no_image', cancelled: 'job_cancelled' }[reason],
      detail: reason && 'What a person reads about it.',
      payload: `payloads/${id}.jpg`,
      checksum,
      fields: JSON.stringify({
        id: id.slice(0, 8),
        name: 'IMG_0001.JPG',
        model: 'Windows',
        version: '3.4.8',
      }),
      madeBy,
      cost: costOf(job),
      path: madeBy && resultExpiresAt > now ? `results/${id}.jpg` : null,
      mime: madeBy && 'image/jpeg',
      size: madeBy && 1_200_000,
      resultChecksum: madeBy && checksum,
      resultExpiresAt: madeBy && resultExpiresAt,
      expiresAt: createdAt + 48_000,
      createdAt,
      claimedAt: createdAt + 5,
      finalizedAt,
    })
    insertLog.run(makeId(createdAt, random), id, 'received', createdAt, null, '{"source":"ingest"}')
    insertLog.run(
      makeId(createdAt + 5, random),
      id,
      'dispatched',
      createdAt + 5,
      null,
      '{"worker":"w","attempt":1}',
    )
    const event = reason === 'provider_error' ? 'failed' : (reason ?? 'succeeded')
    insertLog.run(makeId(finalizedAt, random), id, event, finalizedAt, job.latencyMs, '{"attempt":1}')
  }
}

const costOf = ({ madeBy }: GeneratedJob): number => (madeBy === 'gemini' || madeBy === 'openai' ? 39_000 : 0)

/** What the finalizer would have written with each job. */
function createRollUps() {
  const counts = new Map<string, Map<string, number>>()
  const latencies = new Map<string, number>()
  const totals = new Map<string, number>()
  const bump = (map: Map<string, number>, key: string, by = 1) => map.set(key, (map.get(key) ?? 0) + by)

  return {
    add(job: GeneratedJob) {
      const { slot, finalizedAt, reason, madeBy, latencyMs } = job
      bump(totals, [slot.id, reason ?? 'success'].join())
      for (const period of ['hour', 'day'] as const) {
        const start = periodStart(finalizedAt, period)
        const key = [slot.id, period, start, slot.provider].join()
        const row = counts.get(key) ?? new Map<string, number>()
        counts.set(key, row)
        bump(row, reason ?? 'success')
        if (madeBy !== null && madeBy !== slot.provider) bump(row, 'degraded')
        bump(row, 'cost', costOf(job))
        bump(row, 'elapsed', finalizedAt - job.createdAt)
        bump(row, 'jobs')
      }
      if (!madeBy) return
      for (const period of ['day', 'week'] as const)
        bump(latencies, [period, periodStart(finalizedAt, period), madeBy, bucketOf(latencyMs)].join())
    },

    save(file: Sqlite.Database) {
      const insertCounts = file.prepare(
        `insert into stats_counts (slot_id, period, period_start, provider_id, success, timeouts, provider_errors,
           cancelled, degraded, cost_micro_usd, elapsed_ms, elapsed_count) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      for (const [key, row] of counts) {
        const names = [
          'success',
          'timeout',
          'provider_error',
          'cancelled',
          'degraded',
          'cost',
          'elapsed',
          'jobs',
        ]
        insertCounts.run(...key.split(','), ...names.map((name) => row.get(name) ?? 0))
      }
      const insertLatency = file.prepare('insert into provider_latencies values (?, ?, ?, ?, ?)')
      for (const [key, pictures] of latencies) insertLatency.run(...key.split(','), pictures)
      const insertTotal = file.prepare('insert into job_totals (slot_id, outcome, jobs) values (?, ?, ?)')
      for (const [key, jobs] of totals) insertTotal.run(...key.split(','), jobs)
    },
  }
}
