// One call of a step and, where the slot wants it and it is unusually slow, one of the next step beside it.
import { toMicroUsd } from '../calls/ledger.ts'
import { AppError } from '../errors.ts'
import type { LocalPicture } from '../providers/provider.ts'
import { type CallOutcome, callStep } from './call.ts'
import { withHedge } from './hedge.ts'
import { budgetOf } from './plan.ts'
import { isMetered, type Step } from './steps.ts'
import { type ChainDeps, logFailure, rememberFailure, type Walk } from './walk.ts'

/** The step's own outcome, or the other step's picture. `ownDeadline`: epoch ms. */
export async function callMaybeHedged(
  deps: ChainDeps,
  walk: Walk,
  step: Step,
  next: Step | undefined,
  ownDeadline: number,
): Promise<{ outcome: CallOutcome; by: Step }> {
  const { job, deadline, log, tried } = walk
  const { clock } = deps
  const first = (signal: AbortSignal) => callOne(deps, walk, step, ownDeadline, signal)
  const isHedgeable = job.slot.hedge && next !== undefined && isMetered(step) && !step.isGenerallySlow
  if (!isHedgeable) return { outcome: await first(walk.signal), by: step }

  const { first: own, second } = await withHedge({
    afterMs: step.usual.p90Ms,
    signal: walk.signal,
    first,
    mayStart: async () =>
      budgetOf(deadline - clock.now(), next.usual, undefined) !== undefined && (await deps.mayHedge(step)),
    async second(signal) {
      tried.add(next.index)
      deps.metrics.hedges.inc({ provider: next.provider.id })
      const because = `${step.provider.id} passed ${step.usual.p90Ms} ms`
      await log('hedged', { provider: next.provider.id, because })
      return callOne(deps, walk, next, deadline, signal)
    },
  })
  // It was not called after all, so its turn is still to come.
  if (second?.kind === 'refused') tried.delete(next.index)
  if (second?.kind === 'failed') await noteLoser(walk, next, second)
  if (own.kind === 'picture' || second?.kind !== 'picture') return { outcome: own, by: step }
  if (own.kind === 'failed') await noteLoser(walk, step, own)
  return { outcome: second, by: next }
}

async function noteLoser(walk: Walk, step: Step, failed: Extract<CallOutcome, { kind: 'failed' }>) {
  await rememberFailure(walk, step, failed)
  await logFailure(walk, step, failed, { decision: 'another provider was called beside it' })
}

async function callOne(
  deps: ChainDeps,
  { job, inputs, references, publish, signal: jobSignal }: Walk,
  step: Step,
  deadline: number,
  signal: AbortSignal,
): Promise<CallOutcome> {
  const startedAt = deps.clock.now()
  let photo: LocalPicture
  try {
    // Decoded once for all calls: the end of one of them must not stop it.
    photo = await inputs.photoFor(step.operation.accepts, jobSignal)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { kind: 'failed', error, latencyMs: deps.clock.now() - startedAt }
  }
  const dayBudgetUsd = isMetered(step) ? await deps.dayBudgetUsd() : undefined
  return callStep(deps, step, {
    jobId: job.id,
    slotId: job.slotId,
    budgets: {
      slotMicroUsd: job.slot.budgetMicroUsd,
      dayMicroUsd: dayBudgetUsd === undefined ? undefined : toMicroUsd(dayBudgetUsd),
    },
    deadline,
    reference: references.of(step.index),
    signal,
    task: {
      jobId: job.id,
      photo,
      templates: inputs.templates,
      createdAt: job.createdAt,
      shareUrl: deps.links.share(job.id),
      ownerUrl: deps.links.ownShare(job.id),
      scratchDir: await inputs.scratchDir(`step-${step.index}`),
      saveReference: (reference) => references.save(step.index, reference),
      publish,
    },
  })
}
