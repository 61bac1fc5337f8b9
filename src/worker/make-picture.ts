// A picture for the guest: from the slot's providers, or, where the slot says so, an offline effect instead of an error.
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, type ErrorCode } from '../errors.ts'
import { providerDeadline } from '../jobs/deadlines.ts'
import { type Job, type JobEvent, leaseOf, type StepSnapshot } from '../jobs/job.ts'
import { appendLog } from '../jobs/job-log.ts'
import { newId } from '../lib/id.ts'
import type { LocalPicture } from '../providers/provider.ts'
import { type ChainPicture, runChain } from './chain.ts'
import { createHedgeGate } from './hedge-gate.ts'
import { type JobInputs, openInputs } from './inputs.ts'
import type { Patiently } from './patience.ts'
import { emergencyMs } from './plan.ts'
import { openReferences } from './references.ts'
import { toChain, toStep } from './steps.ts'
import type { ChainDeps } from './walk.ts'
import type { LeaseWatch } from './watch-lease.ts'
import type { WorkerDeps } from './worker-deps.ts'

export interface MakeDeps extends WorkerDeps {
  patiently: Patiently
}

export interface MadePicture extends ChainPicture {
  /** Why it is not the picture of one of the slot's own providers. */
  degradedReason: string | undefined
}

/** @throws an AppError that says why there is none; the watch's reason once it has fired */
export async function makePicture(
  deps: MakeDeps,
  job: Job,
  watch: LeaseWatch,
  folder: string,
): Promise<MadePicture> {
  const log = (event: JobEvent, details: Record<string, unknown>, providerLatencyMs?: number) =>
    deps.patiently(() =>
      appendLog(deps.db.query, job.id, {
        event,
        occurredAt: deps.clock.now(),
        details,
        ...(providerLatencyMs !== undefined && { providerLatencyMs }),
      }),
    )
  const inputs = await openInputs(deps.store, job, folder)
  try {
    return { ...(await callProviders(deps, job, inputs, watch, log)), degradedReason: undefined }
  } catch (error) {
    watch.signal.throwIfAborted()
    // The guest has a picture coming even where the fault is our own.
    const code = error instanceof AppError ? error.code : 'internal_error'
    const effect = effectFor(job, code)
    if (!effect) throw error
    if (!(error instanceof AppError)) deps.log.error({ err: error }, 'job.unexpected_error')
    await log('degraded', { because: code, effect: `${effect.providerId}/${effect.operationId}` })
    const picture = await runEffect(deps, job, effect, inputs, watch.signal)
    return { ...picture, degradedReason: code }
  } finally {
    await inputs.release()
  }
}

type JobLog = (event: JobEvent, details: Record<string, unknown>, providerLatencyMs?: number) => Promise<void>

async function callProviders(deps: MakeDeps, job: Job, inputs: JobInputs, watch: LeaseWatch, log: JobLog) {
  const references = openReferences(job, async (text) => {
    if (!(await deps.queue.saveReference(leaseOf(job), text))) watch.stop('ended')
  })
  const chainDeps: ChainDeps = { ...deps, mayHedge: createHedgeGate(deps) }
  const { steps, unusable } = await toChain({ ...deps, health: deps.ledger.health }, job.slot)
  for (const { snapshot, error } of unusable) {
    const { providerId: provider, operationId: operation } = snapshot
    await log('provider_skipped', { provider, operation, why: error.code, message: error.message })
  }
  if (steps.length === 0 && unusable[0]) throw unusable[0].error
  return runChain(chainDeps, {
    job,
    steps,
    inputs,
    references,
    deadline: chainDeadline(job),
    signal: watch.signal,
    publish: (picture) => deps.patiently(() => publish(deps, job, picture)),
    log,
  })
}

/** Earlier than the provider's deadline where an effect must still fit behind it. */
function chainDeadline(job: Job): number {
  const windowMs = job.expiresAt - job.createdAt
  const reserveMs = job.slot.emergency ? Math.min(emergencyMs, windowMs / 5) : 0
  return providerDeadline(job) - reserveMs
}

/** A used-up budget always ends in the effect: it was the operator's will to spend no more, not to lose photos. */
function effectFor(job: Job, code: ErrorCode): StepSnapshot | undefined {
  return code === 'budget_exhausted' ? (job.slot.budgetEffect ?? job.slot.emergency) : job.slot.emergency
}

async function runEffect(
  deps: WorkerDeps,
  job: Job,
  effect: StepSnapshot,
  inputs: JobInputs,
  signal: AbortSignal,
): Promise<ChainPicture> {
  const { provider, operation, settings } = await toStep({ ...deps, health: deps.ledger.health }, effect, -1)
  const startedAt = deps.clock.now()
  const picture = await operation.run({
    jobId: job.id,
    photo: await inputs.photoFor(operation.accepts, signal),
    templates: inputs.templates,
    settings,
    createdAt: job.createdAt,
    shareUrl: deps.links.share(job.id),
    ownerUrl: deps.links.ownShare(job.id),
    deadline: providerDeadline(job),
    scratchDir: await inputs.scratchDir('effect'),
    signal,
    reference: undefined,
    saveReference: async () => undefined,
    publish: () => Promise.reject(new Error('an effect of this machine publishes nothing')),
  })
  return { picture, providerId: provider.id, latencyMs: deps.clock.now() - startedAt }
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
