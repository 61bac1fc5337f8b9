// How a job ends. Each end is a compare-and-set in one transaction with its log and its statistics:
// whoever comes second changes nothing.
import type { Database, Query, Statement } from '../db/database.ts'
import type { JobRow } from '../db/tables.ts'
import type { ErrorCode } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { resultExpiresAt } from './deadlines.ts'
import { type FailureReason, type Job, type Lease, type StoredResult, toJob } from './job.ts'
import { addToLog, type NewLogEntry } from './job-log.ts'
import { countEnd } from './job-totals.ts'

export interface FinalizedEvent {
  slotId: string
  /** What the slot was set to when the job was created. */
  providerId: string
  finalizedAt: number
  /** Since the job was created. */
  elapsedMs: number
  /** Undefined for a success. */
  failureReason: FailureReason | undefined
  isDegraded: boolean
  costMicroUsd: number
  /** Whose picture it is, and how long that took; undefined where there is none. */
  picture: { providerId: string; latencyMs: number } | undefined
}

export interface Success {
  result: StoredResult
  retentionHours: number
  /** Whose picture it is. */
  providerId: string
  /** Why it is not the picture of one of the slot's own providers. */
  degradedReason?: string | undefined
  providerLatencyMs: number
  /** Puts the file in its final place. Runs under the write lock, so that only the holder of the job replaces it. */
  publish(): Promise<void>
}

export interface Failure {
  reason: FailureReason
  code: ErrorCode
  message: string
}

interface FinalizeDeps {
  db: Database
  clock: Clock
  /** What counts the end in the statistics, inside the same transaction. */
  recordFinalized(tx: Query, event: FinalizedEvent): readonly Statement[]
  /** Runs after the commit and before the announcement; must not reject. */
  cleanUp(job: Job): Promise<void>
}

export type Finalizer = ReturnType<typeof createFinalizer>

export function createFinalizer({ db, clock, recordFinalized, cleanUp }: FinalizeDeps) {
  /** Undefined when the condition no longer holds; then nothing has been written. */
  async function finalize(
    jobId: string,
    holds: (row: JobRow, now: number) => boolean,
    change: (now: number) => Partial<JobRow>,
    end: {
      log: (now: number) => NewLogEntry
      failureReason?: FailureReason
      picture?: FinalizedEvent['picture']
      publish?(): Promise<void>
      alsoWrite?: ((tx: Query) => Promise<void>) | undefined
    },
  ): Promise<Job | undefined> {
    let isPublished = false
    const job = await db.write(
      async (tx) => {
        const current = await db
          .lockRows(tx.selectFrom('jobs').selectAll().where('id', '=', jobId).where('is_finalized', '=', 0))
          .executeTakeFirst()
        const now = clock.now()
        if (!current || !holds(current, now)) return undefined
        if (!isPublished) await end.publish?.()
        isPublished = true
        const changes = {
          ...change(now),
          is_finalized: 1,
          worker_id: null,
          lease_until: null,
          finalized_at: now,
          updated_at: now,
        }
        // The row is ours until the commit, so that what it will be is known.
        const finished = toJob({ ...current, ...changes })
        await db.executeTogether(tx, [
          tx.updateTable('jobs').set(changes).where('id', '=', jobId),
          addToLog(tx, jobId, end.log(now)),
          countEnd(tx, finished),
          ...(finished.isTest ? [] : recordFinalized(tx, toEvent(finished, now, end))),
        ])
        await end.alsoWrite?.(tx)
        return finished
      },
      // The row is locked, and sums are added to: others wait for a moment at most.
      { turns: 'none' },
    )
    if (!job) return undefined
    await cleanUp(job)
    db.notify('job.finalized', jobId)
    return job
  }

  function fail(
    jobId: string,
    failure: Failure,
    holds: (row: JobRow, now: number) => boolean,
    alsoWrite?: (tx: Query) => Promise<void>,
  ) {
    const { reason, code, message } = failure
    return finalize(
      jobId,
      holds,
      () => ({
        status: 'failed',
        failure_reason: reason,
        error_code: code,
        error_detail: message.slice(0, 500),
      }),
      {
        failureReason: reason,
        log: (now) => ({
          event: reason === 'provider_error' ? 'failed' : reason,
          occurredAt: now,
          details: { code, message },
        }),
        alsoWrite,
      },
    )
  }

  const timeout = (jobId: string) =>
    fail(
      jobId,
      { reason: 'timeout', code: 'sync_timeout', message: 'The window closed before the picture was ready.' },
      (row, now) => row.expires_at <= now,
    )

  return {
    /** Undefined when the lease is lost or the deadline has passed: the result is late and must be thrown away. */
    succeed(lease: Lease, success: Success): Promise<Job | undefined> {
      const { result, retentionHours, providerId, degradedReason, providerLatencyMs, publish } = success
      return finalize(
        lease.jobId,
        (row, now) => isHeldBy(row, lease) && row.expires_at > now,
        (now) => ({
          status: 'succeeded',
          provider_id: providerId,
          degraded_reason: degradedReason ?? null,
          result_file_path: result.path,
          result_mime_type: result.mime,
          result_size_bytes: result.sizeBytes,
          result_checksum: result.checksum,
          result_expires_at: resultExpiresAt(now, retentionHours),
        }),
        {
          publish,
          picture: { providerId, latencyMs: providerLatencyMs },
          log: (now) => ({
            event: 'succeeded',
            occurredAt: now,
            providerLatencyMs,
            details: {
              provider: providerId,
              attempt: lease.attempt,
              ...(degradedReason && { degraded: degradedReason }),
            },
          }),
        },
      )
    },

    /** Undefined when the lease is lost. */
    fail: (lease: Lease, failure: Failure) => fail(lease.jobId, failure, (row) => isHeldBy(row, lease)),

    /** Undefined when the job is final already, or its deadline has not passed. */
    timeout,

    /** `alsoWrite` belongs to the same transaction. Undefined when the job is final already. */
    cancel: (jobId: string, by: string, alsoWrite?: (tx: Query) => Promise<void>) =>
      fail(
        jobId,
        { reason: 'cancelled', code: 'job_cancelled', message: `Cancelled by ${by}.` },
        () => true,
        alsoWrite,
      ),

    /** Ends every job whose window has closed and whom nobody else has ended. */
    async timeoutOverdue(): Promise<Job[]> {
      const overdue = await db.query
        .selectFrom('jobs')
        .select('id')
        .where('is_finalized', '=', 0)
        .where('expires_at', '<=', clock.now())
        .execute()
      const ended: Job[] = []
      for (const { id } of overdue) {
        const job = await timeout(id)
        if (job) ended.push(job)
      }
      return ended
    },
  }
}

const toEvent = (
  { slotId, slot, createdAt, degradedReason, costMicroUsd }: Job,
  finalizedAt: number,
  { failureReason, picture }: Partial<Pick<FinalizedEvent, 'failureReason' | 'picture'>>,
): FinalizedEvent => ({
  slotId,
  providerId: slot.providerId,
  finalizedAt,
  elapsedMs: finalizedAt - createdAt,
  failureReason,
  isDegraded: degradedReason !== undefined,
  costMicroUsd,
  picture,
})

function isHeldBy(row: JobRow, lease: Lease): boolean {
  return row.worker_id === lease.workerId && row.attempt === lease.attempt
}
