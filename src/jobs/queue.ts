// The durable queue: enqueue under back-pressure, claim under a lease, extend, release.
// How a job ends is in finalize.ts.
import type { Database, Query } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { jobExpiresAt, leaseMs } from './deadlines.ts'
import { type Job, type Lease, type NewSlotSnapshot, type Payload, toJob } from './job.ts'
import { appendLog } from './job-log.ts'

export interface NewJob {
  id: string
  slotId: string
  slot: NewSlotSnapshot
  payload: Payload
  fields: Record<string, unknown>
  isTest: boolean
  syncResponseMs: number
  /** Of the same photo from the same booth; a repeat inside `repeatWindowMs` is no new job. */
  repeatKey?: string
  repeatWindowMs?: number
  /** Goes into the processing log beside `received`. */
  receivedDetails: Record<string, unknown>
}

interface Claimable {
  /** False leaves out jobs whose worker has given no sign of life. */
  takesOver?: boolean
}

const lapsedBy = ({ takesOver = true }: Claimable, now: number) => (takesOver ? now : -1)

interface QueueDeps {
  db: Database
  clock: Clock
  maxInFlightJobs: number
}

export type JobQueue = ReturnType<typeof createQueue>

export function createQueue({ db, clock, maxInFlightJobs }: QueueDeps) {
  async function assertRoom(query: Query, besides = 0) {
    const { inFlight } = await query
      .selectFrom('jobs')
      .select((eb) => eb.fn.countAll<number>().as('inFlight'))
      .where('is_finalized', '=', 0)
      .executeTakeFirstOrThrow()
    if (Number(inFlight) + besides < maxInFlightJobs) return
    throw new AppError('queue_busy', { details: { in_flight: Number(inFlight) }, retryAfterSec: 5 })
  }

  return {
    /**
     * `besides`: photos that are still on their way. `enqueue` checks again; this spares the booth an upload in vain.
     * @throws AppError queue_busy
     */
    assertRoom: (besides = 0): Promise<void> => assertRoom(db.query, besides),

    /**
     * Durable once it resolves. The job that comes back is another one than was given where this is a repeat.
     * @throws AppError queue_busy, queue_unavailable
     */
    async enqueue(job: NewJob): Promise<Job> {
      const now = clock.now()
      const { row, isNew } = await db.write(
        async (tx) => {
          const known = await findRepeated(tx, job, now)
          if (known) {
            await appendLog(tx, known.id, {
              event: 'repeated',
              occurredAt: now,
              details: job.receivedDetails,
            })
            return { row: known, isNew: false }
          }
          await assertRoom(tx)
          const inserted = await tx
            .insertInto('jobs')
            .values({
              id: job.id,
              slot_id: job.slotId,
              slot_snapshot_json: JSON.stringify(job.slot),
              status: 'pending',
              is_finalized: 0,
              is_test: job.isTest ? 1 : 0,
              attempt: 0,
              payload_path: job.payload.path,
              payload_mime: job.payload.mime,
              payload_size_bytes: job.payload.sizeBytes,
              payload_checksum: job.payload.checksum,
              width_px: job.payload.widthPx,
              height_px: job.payload.heightPx,
              fields_json: JSON.stringify(job.fields),
              repeat_key: job.repeatKey ?? null,
              cost_micro_usd: 0,
              expires_at: jobExpiresAt(now, job.syncResponseMs),
              created_at: now,
              updated_at: now,
            })
            .returningAll()
            .executeTakeFirstOrThrow()
          await appendLog(tx, job.id, { event: 'received', occurredAt: now, details: job.receivedDetails })
          return { row: inserted, isNew: true }
        },
        { turns: 'enqueue' },
      )
      if (isNew) db.notify('job.queued', job.id)
      return toJob(row)
    },

    /** The oldest job that waits, or whose worker has given no sign of life; undefined when there is none. */
    async claim(workerId: string, which: Claimable = {}): Promise<Job | undefined> {
      const now = clock.now()
      // When this process loses its power nobody works on the job any more, and it is right to find it unclaimed.
      const row = await db.write(
        async (tx) => {
          const claimed = await tx
            .updateTable('jobs')
            .set((eb) => ({
              status: 'processing',
              claimed_at: eb.fn.coalesce('claimed_at', eb.val(now)),
              worker_id: workerId,
              attempt: eb('attempt', '+', 1),
              lease_until: now + leaseMs,
              updated_at: now,
            }))
            .where('id', '=', (eb) =>
              db.lockRows(
                eb
                  .selectFrom('jobs')
                  .select('id')
                  .where('is_finalized', '=', 0)
                  .where('expires_at', '>', now)
                  .where((or) =>
                    or.or([or('status', '=', 'pending'), or('lease_until', '<=', lapsedBy(which, now))]),
                  )
                  .orderBy('created_at')
                  .limit(1),
                { passOver: true },
              ),
            )
            .returningAll()
            .executeTakeFirst()
          if (!claimed) return undefined
          await appendLog(tx, claimed.id, {
            event: 'dispatched',
            occurredAt: now,
            details: { worker: workerId, attempt: claimed.attempt },
          })
          return claimed
        },
        { durable: 'while_running', turns: 'none' },
      )
      return row && toJob(row)
    },

    /** True when a claim would find something; read-only, so an idle worker takes no write lock to look. */
    async hasWork(which: Claimable = {}): Promise<boolean> {
      const now = clock.now()
      const row = await db.query
        .selectFrom('jobs')
        .select('id')
        .where('is_finalized', '=', 0)
        .where('expires_at', '>', now)
        .where((eb) => eb.or([eb('status', '=', 'pending'), eb('lease_until', '<=', lapsedBy(which, now))]))
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    /** False when the lease is lost: the job is final or another worker has it. */
    async extend(lease: Lease): Promise<boolean> {
      const now = clock.now()
      return updateHeld(db.query, lease, { lease_until: now + leaseMs, updated_at: now })
    },

    /** What a provider has accepted, so that another attempt resumes it. False when the lease is lost. */
    async saveReference(lease: Lease, reference: string): Promise<boolean> {
      return updateHeld(db.query, lease, { provider_job_reference: reference, updated_at: clock.now() })
    },

    /** Gives the job back, for another worker to take at once. False when the lease was lost already. */
    async release(lease: Lease, why: string): Promise<boolean> {
      const now = clock.now()
      const released = await db.write(
        async (tx) => {
          const change = { status: 'pending' as const, worker_id: null, lease_until: null, updated_at: now }
          if (!(await updateHeld(tx, lease, change))) return false
          await appendLog(tx, lease.jobId, { event: 'requeued', occurredAt: now, details: { why } })
          return true
        },
        { turns: 'none' },
      )
      if (released) db.notify('job.queued', lease.jobId)
      return released
    },
  }
}

/** The same photo from the same booth: a job that still runs, or whose picture is still there. */
async function findRepeated(tx: Query, { repeatKey, repeatWindowMs = 0 }: NewJob, now: number) {
  if (repeatKey === undefined || repeatWindowMs === 0) return undefined
  return tx
    .selectFrom('jobs')
    .selectAll()
    .where('repeat_key', '=', repeatKey)
    .where('created_at', '>', now - repeatWindowMs)
    .where((eb) =>
      eb.or([
        eb.and([eb('is_finalized', '=', 0), eb('expires_at', '>', now)]),
        eb.and([eb('result_file_path', 'is not', null), eb('result_expires_at', '>', now)]),
      ]),
    )
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
}

type HeldChange = Partial<{
  status: 'pending'
  worker_id: null
  lease_until: number | null
  provider_job_reference: string
  updated_at: number
}>

async function updateHeld(query: Query, lease: Lease, change: HeldChange): Promise<boolean> {
  const { numUpdatedRows } = await query
    .updateTable('jobs')
    .set(change)
    .where('id', '=', lease.jobId)
    .where('is_finalized', '=', 0)
    .where('worker_id', '=', lease.workerId)
    .where('attempt', '=', lease.attempt)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}
