// A chain on its way through its steps: who has had a turn, who refuses the photo, what each failure leaves behind.
import type { Job, JobEvent } from '../jobs/job.ts'
import type { Links } from '../media/links.ts'
import type { LocalPicture } from '../providers/provider.ts'
import type { CallDeps, CallOutcome } from './call.ts'
import type { JobInputs } from './inputs.ts'
import type { References } from './references.ts'
import type { Step } from './steps.ts'

export interface ChainDeps extends CallDeps {
  links: Pick<Links, 'share' | 'ownShare'>
  /** Money for all slots on one day; undefined: as much as it takes. */
  dayBudgetUsd(): Promise<number | undefined>
  mayHedge(step: Step): Promise<boolean>
}

export interface ChainOptions {
  job: Job
  steps: readonly Step[]
  inputs: JobInputs
  references: References
  /** Epoch ms by which a picture must be there. */
  deadline: number
  signal: AbortSignal
  publish(picture: LocalPicture): Promise<string>
  log(event: JobEvent, details: Record<string, unknown>, providerLatencyMs?: number): Promise<void>
}

export interface Walk extends ChainOptions {
  /** Indexes of the steps that have had their turn. */
  tried: Set<number>
  /** Vendors that do not want this photo: they are not asked again with another model either. */
  refusedBy: Set<string>
}

export const isRefused = ({ refusedBy }: Walk, { provider }: Step): boolean => refusedBy.has(provider.id)

export const findNext = (walk: Walk, { index }: Step): Step | undefined =>
  walk.steps.find((step) => step.index > index && !walk.tried.has(step.index) && !isRefused(walk, step))

/** Called before anything is decided on the failure. */
export async function rememberFailure(
  { references, refusedBy }: Walk,
  step: Step,
  { error }: Extract<CallOutcome, { kind: 'failed' }>,
): Promise<void> {
  if (error.details?.reference_spent === true) await references.forget(step.index)
  if (error.code === 'content_blocked') refusedBy.add(step.provider.id)
}

export async function logFailure(
  { log }: Walk,
  step: Step,
  { error: { code, message }, latencyMs }: Extract<CallOutcome, { kind: 'failed' }>,
  details: Record<string, unknown>,
): Promise<void> {
  await log('provider_failed', { ...aboutOf(step), code, message, ...details }, latencyMs)
}

export const logSkip = ({ log }: Walk, step: Step, why: string, details: Record<string, unknown> = {}) =>
  log('provider_skipped', { ...aboutOf(step), why, ...details })

const aboutOf = ({ provider, operationId, model }: Step) => ({
  provider: provider.id,
  operation: operationId,
  model,
})
