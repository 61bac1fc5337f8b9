// POST /ingest/{slot_id}: a booth sends a photo and holds the connection until the finished picture comes back.
import Router from '@koa/router'
import type { Context } from 'koa'
import { AppError, type ErrorCode } from '../errors.ts'
import { readBody } from '../http/expect-continue.ts'
import { untilFirstByte } from '../http/first-byte.ts'
import { assertUploadable, receiveUpload } from '../http/upload.ts'
import type { Job } from '../jobs/job.ts'
import { appendLog } from '../jobs/job-log.ts'
import type { JobQueue } from '../jobs/queue.ts'
import { toIso } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { IngestPassword } from '../settings/ingest-password.ts'
import type { Slots } from '../slots/slots.ts'
import { type AcceptDeps, acceptPhoto, parseForm, photoField, requirePhoto } from './accept.ts'
import { isHashOf } from './hash.ts'
import { createPasswordGate } from './password-gate.ts'
import { createPlaces } from './places.ts'
import { type WaitDeps, waitUntilFinal } from './wait.ts'
import { createRefusalSample, type RequestWatch, type WatchDeps, watchRequest } from './watch-request.ts'

interface IngestDeps extends AcceptDeps, WaitDeps, WatchDeps {
  queue: JobQueue
  slots: Pick<Slots, 'getOpen'>
  ingestPassword: IngestPassword
  finalizer: WaitDeps['finalizer'] & { cancel(jobId: string, by: string): Promise<Job | undefined> }
  metrics: Metrics
  log: Log
  maxUploadBytes: number
}

/** `stopping` fires when the server must let its waiting booths go. */
export function ingestRoutes(deps: IngestDeps, stopping: AbortSignal): Router {
  const gate = createPasswordGate(deps.ingestPassword)
  const places = createPlaces(deps)
  const isInSample = createRefusalSample()
  /** Of slots that have taken photos; there are few, and only they may be refused unseen. */
  const openSlots = new Set<string>()
  const router = new Router()

  router.post('/ingest/:slotId', async (ctx) => {
    const startedAt = performance.now()
    let outcome = 'ok'
    const hungUp = signalOfHangUp(ctx)
    const watch = watchRequest(ctx, deps, isInSample)
    try {
      const job = await takePhoto(ctx, watch)
      await answer(ctx, await waitForBooth(job, hungUp))
    } catch (error) {
      const failure = toIngestError(error)
      watch.noteFailure(failure)
      outcome = failure instanceof AppError ? failure.code : 'internal_error'
      throw failure
    } finally {
      const slot = outcome === 'slot_not_found' ? 'unknown' : (ctx.params.slotId ?? 'unknown')
      deps.metrics.ingests.inc({ slot, outcome })
      deps.metrics.ingestSeconds.observe({ outcome }, (performance.now() - startedAt) / 1000)
    }
  })

  async function takePhoto(ctx: Context, watch: RequestWatch): Promise<Job> {
    if (openSlots.has(ctx.params.slotId ?? '')) places.assertMaybeRoom()
    const open = await deps.slots.getOpen(ctx.params.slotId)
    openSlots.add(open.slot.id)
    assertUploadable(ctx, deps.maxUploadBytes)
    await places.assertRoom()
    const door = openDoor(ctx)
    const uploadOptions = {
      fileField: photoField,
      scratchDir: deps.store.scratchDir,
      maxBytes: deps.maxUploadBytes,
      onPart: watch.onPart,
      admit: door.admit,
    }
    const receive = () => readBody(ctx, () => receiveUpload(ctx, uploadOptions))
    const upload = await watch.duringUpload(receive).catch((error: unknown) => {
      door.leave()
      throw error
    })
    try {
      watch.note({ photoBytes: upload.file?.sizeBytes })
      const form = parseForm(upload.fields, ctx.query)
      await door.pass(form.password)
      watch.note({ isPasswordRight: true })
      const photo = requirePhoto(upload)
      const hashCheck = form.hash === undefined ? undefined : isHashOf(photo.path, form.hash)
      hashCheck?.catch(() => undefined) // Looked at below, once there is a job to note it with.
      const receivedDetails = { bytes: photo.sizeBytes, declared_mime: photo.declaredMime }
      const idempotencyKey = ctx.get('idempotency-key')
      const job = await acceptPhoto(deps, {
        photo,
        form,
        open,
        isTest: false,
        idempotencyKey,
        receivedDetails,
      })
      ctx.set('X-Job-Id', job.id)
      ctx.state.log = { job: job.id, slot: job.slotId }
      watch.note({ job })
      void noteHash(job, hashCheck)
      return job
    } finally {
      door.leave()
      await upload.discard()
    }
  }

  /** Password and place, looked at as soon as the password is there, mostly before the photo. */
  function openDoor(ctx: Context) {
    let passed: Promise<() => void> | undefined
    const pass = (password: string) => {
      passed ??= gate.assertPassword(password, ctx.ip).then(places.take)
      return passed
    }
    return {
      pass,
      /** A wrong password ends no upload, so that the inspector sees what the booth sends; many of them do. */
      async admit(field: string, text: string): Promise<void> {
        if (field !== 'password' || text === '') return
        await pass(text).catch((error: unknown) => {
          if (error instanceof AppError && error.code === 'invalid_credentials') return
          throw error
        })
      },
      leave() {
        passed?.then(
          (giveBack) => giveBack(),
          () => undefined, // It has been answered.
        )
      },
    }
  }

  async function noteHash(job: Job, check: Promise<boolean> | undefined): Promise<void> {
    try {
      if ((await check) !== false) return
      deps.log.warn({ job: job.id }, 'ingest.hash_mismatch')
      await appendLog(deps.db.query, job.id, { event: 'hash_mismatch', occurredAt: deps.clock.now() })
    } catch (error) {
      deps.log.debug({ job: job.id, err: error }, 'ingest.hash_not_compared')
    }
  }

  async function waitForBooth(job: Job, hungUp: AbortSignal): Promise<Job> {
    const cancel = () => {
      deps.finalizer.cancel(job.id, 'the booth, which hung up').catch((error: unknown) => {
        deps.log.warn({ job: job.id, err: error }, 'ingest.cancel_failed')
      })
    }
    if (job.slot.cancelOnDisconnect) {
      if (hungUp.aborted) cancel()
      else hungUp.addEventListener('abort', cancel, { once: true })
    }
    try {
      return await waitUntilFinal(deps, job, stopping)
    } finally {
      hungUp.removeEventListener('abort', cancel)
    }
  }

  async function answer(ctx: Context, job: Job): Promise<void> {
    if (!job.result) throw failureOf(job)
    const file = await deps.store.read(job.result.path)
    if (!file) throw new AppError('storage_unavailable', { message: 'The picture was made, but is gone.' })
    await untilFirstByte(file.stream)
    ctx.set('Cache-Control', 'no-store')
    if (job.providerId) ctx.set('X-PhotoChanger-Provider', job.providerId)
    if (job.degradedReason) ctx.set('X-PhotoChanger-Degraded', job.degradedReason)
    ctx.type = job.result.mime
    ctx.length = file.sizeBytes
    ctx.body = file.stream
  }

  return router
}

/** Fires when the client closes the connection before it has its answer. */
function signalOfHangUp(ctx: Context): AbortSignal {
  const controller = new AbortController()
  ctx.res.once('close', () => {
    if (!ctx.res.writableFinished) controller.abort()
  })
  return controller.signal
}

/** To a booth it is all the same whether database or disk cannot take its photo. */
function toIngestError(error: unknown): unknown {
  const isStorage = error instanceof AppError && error.code === 'storage_unavailable'
  return isStorage ? new AppError('queue_unavailable', { message: error.message, cause: error.cause }) : error
}

function failureOf(job: Job): AppError {
  const details: Record<string, unknown> = { job_id: job.id }
  const message = job.errorDetail
  switch (job.failureReason) {
    case 'timeout':
      return new AppError('sync_timeout', { details: { ...details, expires_at: toIso(job.expiresAt) } })
    case 'cancelled':
      return new AppError('job_cancelled', { details })
    default:
      return new AppError('provider_error', {
        ...(message === undefined ? {} : { message }),
        details: { ...details, reason: job.errorCode satisfies ErrorCode | string | undefined },
      })
  }
}
