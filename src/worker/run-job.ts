// One claimed job from its photo to its end: the chain of providers, the offline effect when they have failed,
// storing, finalizing. Whatever happens, the job ends, goes back to the queue, or belongs to somebody else by then.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import { heartbeatMs, providerDeadline } from '../jobs/deadlines.ts'
import { type Job, leaseOf } from '../jobs/job.ts'
import { appendLog } from '../jobs/job-log.ts'
import type { StagedResult } from '../media/results.ts'
import { type MadePicture, type MakeDeps, makePicture } from './make-picture.ts'
import { allPatient, createPatience, type Patiently } from './patience.ts'
import type { Thumbnailer } from './thumbnailer.ts'
import { type LeaseWatch, watchLease } from './watch-lease.ts'
import type { WorkerDeps } from './worker-deps.ts'

export interface RunningJob {
  jobId: string
  watch: LeaseWatch
  /** Resolves when nothing is done for this job any more; never rejects. */
  done: Promise<void>
}

export interface JobDeps extends WorkerDeps {
  thumbnailer: Pick<Thumbnailer, 'request'>
  /** Called when a heartbeat found the database away. */
  onAway?(): void
}

export function startJob(deps: JobDeps, job: Job): RunningJob {
  const { queue, clock } = deps
  const log = deps.log.child({ job: job.id, slot: job.slotId, attempt: job.attempt })
  const watch = watchLease(leaseOf(job), {
    queue,
    clock,
    log,
    deadline: providerDeadline(job),
    heartbeatMs,
    ...(deps.onAway && { onAway: deps.onAway }),
  })
  const patiently = createPatience(watch.signal, log)
  const done = run({ ...withPatience(deps, patiently), log, patiently }, job, watch)
    .catch((error: unknown) => log.error({ err: error }, 'job.abandoned'))
    .finally(watch.close)
  return { jobId: job.id, watch, done }
}

/** Of what a job needs of database and store, all that may be done again. */
function withPatience(deps: JobDeps, patiently: Patiently): JobDeps {
  const { store, results, queue, finalizer, ledger } = deps
  const { fingerprintOf, retentionHours, dayBudgetUsd } = deps
  return {
    ...deps,
    store: { ...store, ...allPatient(patiently, { localCopy: store.localCopy }) },
    results: { ...results, ...allPatient(patiently, { stage: results.stage }) },
    queue: { ...queue, ...allPatient(patiently, { saveReference: queue.saveReference }) },
    finalizer: allPatient(patiently, finalizer),
    ledger: allPatient(patiently, ledger),
    ...allPatient(patiently, { fingerprintOf, retentionHours, dayBudgetUsd }),
  }
}

interface RunDeps extends JobDeps, MakeDeps {}

async function run(deps: RunDeps, job: Job, watch: LeaseWatch): Promise<void> {
  const scratchDir = join(deps.store.scratchDir, `${job.id}.${job.attempt}`)
  try {
    const made = await makePicture(deps, job, watch, scratchDir)
    // Paid for, so it is delivered where that can still be: finalizing tells whether it is too late.
    if (watch.stopReason() === 'ended') watch.signal.throwIfAborted()
    const staged = await deps.results.stage(job.id, job.attempt, made.picture)
    await succeed(deps, job, staged, made)
  } catch (error) {
    await handleFailure(deps, job, watch, error)
  } finally {
    // At once: it is empty folders as a rule, for which seven trips to the thread pool cost three times as much.
    rmSync(scratchDir, { recursive: true, force: true })
  }
}

async function succeed(deps: JobDeps, job: Job, staged: StagedResult, made: MadePicture) {
  const { finalizer, results } = deps
  const { stagedPath: _, ...result } = staged
  let finished: Job | undefined
  try {
    finished = await finalizer.succeed(leaseOf(job), {
      result,
      retentionHours: job.slot.resultRetentionHours ?? (await deps.retentionHours()),
      providerId: made.providerId,
      degradedReason: made.degradedReason,
      providerLatencyMs: made.latencyMs,
      publish: () => results.publish(staged),
    })
  } finally {
    if (!finished) await results.discard(staged)
  }
  if (!finished) return logLateResult(deps, job)
  if (made.degradedReason) deps.metrics.degraded.inc({ slot: job.slotId, reason: made.degradedReason })
  deps.thumbnailer.request(job.id, result.path)
}

async function handleFailure(deps: WorkerDeps, job: Job, watch: LeaseWatch, error: unknown): Promise<void> {
  const { queue, finalizer, log } = deps
  const lease = leaseOf(job)
  switch (watch.stopReason()) {
    case 'stopping':
      await queue.release(lease, 'the worker is shutting down')
      return
    case 'ended':
      log.info('job.overtaken')
      return
    case 'deadline':
      await finalizer.fail(lease, {
        reason: 'timeout',
        code: 'sync_timeout',
        message: 'The provider had not answered when the window closed.',
      })
      return
    case undefined: {
      const known = error instanceof AppError
      if (!known) log.error({ err: error }, 'job.unexpected_error')
      const { code, message } = known ? error : new AppError('internal_error')
      const reason = code === 'provider_timeout' ? 'timeout' : 'provider_error'
      await finalizer.fail(lease, { reason, code, message })
    }
  }
}

async function logLateResult({ db, clock, log }: WorkerDeps, job: Job): Promise<void> {
  log.warn('job.late_result')
  await appendLog(db.query, job.id, {
    event: 'late_result',
    occurredAt: clock.now(),
    details: { attempt: job.attempt },
  })
}
