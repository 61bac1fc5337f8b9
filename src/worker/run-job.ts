// One claimed job from its photo to its end: prepare, call the provider, store, finalize.
// Whatever happens, the job ends, goes back to the queue, or belongs to somebody else by then.
import { copyFile, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { heartbeatMs, providerDeadline } from '../jobs/deadlines.ts'
import type { Finalizer } from '../jobs/finalize.ts'
import { type Job, leaseOf } from '../jobs/job.ts'
import { appendLog } from '../jobs/job-log.ts'
import type { JobQueue } from '../jobs/queue.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/id.ts'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { Links } from '../media/links.ts'
import type { MediaObjects } from '../media/media-objects.ts'
import type { Results, StagedResult } from '../media/results.ts'
import type { LocalPicture, Provider } from '../providers/provider.ts'
import type { MediaStore } from '../storage/store.ts'
import { withAttempts } from './attempts.ts'
import { openInputs } from './inputs.ts'
import { type LeaseWatch, watchLease } from './watch-lease.ts'

export interface WorkerDeps {
  db: Database
  store: MediaStore
  clock: Clock
  log: Log
  metrics: Metrics
  queue: JobQueue
  finalizer: Finalizer
  results: Results
  mediaObjects: MediaObjects
  links: Links
  providers: ReadonlyMap<string, Provider>
  retentionHours(): Promise<number>
}

export interface RunningJob {
  jobId: string
  watch: LeaseWatch
  /** Resolves when nothing is done for this job any more; never rejects. */
  done: Promise<void>
}

export function startJob(deps: WorkerDeps, job: Job): RunningJob {
  const { queue, clock } = deps
  const log = deps.log.child({ job: job.id, slot: job.slotId, attempt: job.attempt })
  const watch = watchLease(leaseOf(job), { queue, clock, log, deadline: providerDeadline(job), heartbeatMs })
  const done = run({ ...deps, log }, job, watch)
    .catch((error: unknown) => log.error({ err: error }, 'job.abandoned'))
    .finally(watch.close)
  return { jobId: job.id, watch, done }
}

async function run(deps: WorkerDeps, job: Job, watch: LeaseWatch): Promise<void> {
  const scratchDir = join(deps.store.scratchDir, `${job.id}.${job.attempt}`)
  try {
    await mkdir(scratchDir, { recursive: true, mode: 0o700 })
    const { picture, latencyMs } = await makePicture(deps, job, watch, scratchDir)
    watch.signal.throwIfAborted()
    const staged = await deps.results.stage(job.id, job.attempt, picture)
    await succeed(deps, job, staged, latencyMs)
  } catch (error) {
    await handleFailure(deps, job, watch, error)
  } finally {
    await rm(scratchDir, { recursive: true, force: true })
  }
}

async function makePicture(deps: WorkerDeps, job: Job, watch: LeaseWatch, scratchDir: string) {
  const { db, clock, metrics } = deps
  const { providerId, operationId, settings } = job.slot
  const operation = deps.providers.get(providerId)?.operations[operationId]
  if (!operation)
    throw new AppError('auth_config', { message: `There is no ${providerId}/${operationId} here.` })

  const inputs = await openInputs(deps.store, job, operation.accepts, scratchDir, watch.signal)
  let startedAt = clock.now()
  try {
    const picture = await withAttempts<LocalPicture>(
      () => {
        startedAt = clock.now()
        return operation.run({
          ...inputs,
          jobId: job.id,
          settings,
          createdAt: job.createdAt,
          deadline: providerDeadline(job),
          scratchDir,
          signal: watch.signal,
          reference: job.providerJobReference,
          async saveReference(reference) {
            if (!(await deps.queue.saveReference(leaseOf(job), reference))) watch.stop('ended')
          },
          publish: (picture) => publish(deps, job, picture),
        })
      },
      {
        clock,
        deadline: providerDeadline(job),
        signal: watch.signal,
        async onFailure(providerAttempt, error, latencyMs) {
          metrics.providerAttempts.inc({ provider: providerId, outcome: error.code })
          await appendLog(db.query, job.id, {
            event: 'provider_failed',
            occurredAt: clock.now(),
            providerLatencyMs: latencyMs,
            details: {
              provider: providerId,
              provider_attempt: providerAttempt,
              code: error.code,
              message: error.message,
            },
          })
        },
      },
    )
    const latencyMs = clock.now() - startedAt
    metrics.providerAttempts.inc({ provider: providerId, outcome: 'success' })
    metrics.providerSeconds.observe({ provider: providerId }, latencyMs / 1000)
    return { picture, latencyMs }
  } finally {
    await inputs.release()
  }
}

/** A copy under a public address that ends with the job. */
async function publish({ store, mediaObjects, links }: WorkerDeps, job: Job, picture: LocalPicture) {
  const copy = join(store.scratchDir, newId())
  try {
    await copyFile(picture.path, copy)
    const { id } = await mediaObjects.register(copy, { jobId: job.id, expiresAt: job.expiresAt })
    return links.mediaObject(id)
  } finally {
    await rm(copy, { force: true })
  }
}

async function succeed(deps: WorkerDeps, job: Job, staged: StagedResult, providerLatencyMs: number) {
  const { finalizer, results, log } = deps
  const { stagedPath: _, ...result } = staged
  let finished: Job | undefined
  try {
    finished = await finalizer.succeed(leaseOf(job), {
      result,
      retentionHours: await deps.retentionHours(),
      providerLatencyMs,
      publish: () => results.publish(staged),
    })
  } finally {
    if (!finished) await results.discard(staged)
  }
  if (!finished) return logLateResult(deps, job)
  try {
    await results.ensureThumbnail(job.id, result.path)
  } catch (error) {
    log.warn({ err: error }, 'thumbnail.failed') // It is made at the first visit instead.
  }
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
      await finalizer.fail(lease, { reason: 'provider_error', code, message })
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
