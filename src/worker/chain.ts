// The slot's providers in turn, until one of them has a picture or the time is over. Every call and every decision
// goes into the processing log.
import { toMicroUsd } from '../calls/ledger.ts'
import { AppError } from '../errors.ts'
import type { Job, JobEvent } from '../jobs/job.ts'
import { sleep } from '../lib/abort.ts'
import type { Clock } from '../lib/clock.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { LocalPicture } from '../providers/provider.ts'
import { type CallDeps, type CallOutcome, callStep } from './call.ts'
import { withHedge } from './hedge.ts'
import type { JobInputs } from './inputs.ts'
import { budgetOf, pauseBeforeRetry, retryRuleOf } from './plan.ts'
import type { References } from './references.ts'
import { isMetered, type Step } from './steps.ts'

export interface ChainDeps extends CallDeps {
  clock: Clock
  metrics: Metrics
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

export interface ChainPicture {
  picture: LocalPicture
  providerId: string
  latencyMs: number
}

/** @throws the AppError that says best why there is no picture; `signal.reason` once it has fired */
export async function runChain(deps: ChainDeps, options: ChainOptions): Promise<ChainPicture> {
  const { steps, references, signal } = options
  let failure = new AppError('provider_timeout', { message: 'There was no time left for any provider.' })
  // What is paid for and still being worked on comes first.
  const start = references.firstStep() ?? 0
  const tried = new Set<number>()
  for (const step of steps.slice(start)) {
    if (tried.has(step.index)) continue
    const rest = steps.slice(step.index + 1).filter(({ index }) => !tried.has(index))
    const outcome = await tryStep(deps, options, step, rest, tried)
    signal.throwIfAborted()
    if (!(outcome instanceof AppError)) return outcome
    failure = outcome
  }
  throw failure
}

async function tryStep(
  deps: ChainDeps,
  options: ChainOptions,
  step: Step,
  [next]: readonly Step[],
  tried: Set<number>,
): Promise<ChainPicture | AppError> {
  const { clock } = deps
  const { deadline, signal, log } = options
  const about = { provider: step.provider.id, operation: step.operationId, model: step.model }
  tried.add(step.index)
  for (let calls = 1; ; calls += 1) {
    const budgetMs = budgetOf(deadline - clock.now(), step.usual, next?.usual)
    if (budgetMs === undefined) {
      await log('provider_skipped', { ...about, why: 'not_enough_time', usually_ms: step.usual.p50Ms })
      return new AppError('provider_timeout', { message: 'There was not enough time left for the provider.' })
    }
    const { outcome, by } = await callMaybeHedged(deps, options, step, next, budgetMs, tried)
    signal.throwIfAborted()
    switch (outcome.kind) {
      case 'picture':
        return { picture: outcome.picture, providerId: by.provider.id, latencyMs: outcome.latencyMs }
      case 'abandoned':
        return new AppError('provider_timeout')
      case 'refused': {
        await log('provider_skipped', { ...about, why: outcome.refusal })
        return refusalError(outcome.refusal)
      }
      case 'failed': {
        const { error, latencyMs } = outcome
        if (error.details?.reference_spent === true) await options.references.forget(step.index)
        const leftMs = deadline - clock.now()
        const rule = retryRuleOf(error)
        const pauseMs = pauseBeforeRetry({ calls, rule, leftMs, own: step.usual, next: next?.usual })
        const decision = pauseMs !== undefined ? `again in ${pauseMs} ms` : next ? 'next provider' : 'give up'
        await log(
          'provider_failed',
          {
            ...about,
            call: calls,
            code: error.code,
            message: error.message,
            budget_ms: Math.round(budgetMs),
            left_ms: leftMs,
            decision,
          },
          latencyMs,
        )
        if (pauseMs === undefined) return error
        await sleep(pauseMs, signal)
        signal.throwIfAborted()
      }
    }
  }
}

async function callMaybeHedged(
  deps: ChainDeps,
  options: ChainOptions,
  step: Step,
  next: Step | undefined,
  budgetMs: number,
  tried: Set<number>,
): Promise<{ outcome: CallOutcome; by: Step }> {
  const { job, deadline, log } = options
  const first = (signal: AbortSignal) => callOne(deps, options, step, budgetMs, signal)
  const isHedgeable = job.slot.hedge && next !== undefined && isMetered(step) && !step.isGenerallySlow
  if (!isHedgeable) return { outcome: await first(options.signal), by: step }

  const secondBudgetMs = () => budgetOf(deadline - deps.clock.now(), next.usual, undefined)
  const { first: own, second } = await withHedge({
    afterMs: step.usual.p90Ms,
    signal: options.signal,
    first,
    async mayStart() {
      const may = secondBudgetMs() !== undefined && (await deps.mayHedge(step))
      if (may) {
        tried.add(next.index)
        deps.metrics.hedges.inc({ provider: next.provider.id })
        await log('hedged', {
          provider: next.provider.id,
          because: `${step.provider.id} passed ${step.usual.p90Ms} ms`,
        })
      }
      return may
    },
    second: (signal) => callOne(deps, options, next, secondBudgetMs() ?? 0, signal),
  })
  if (own.kind === 'picture' || second?.kind !== 'picture') return { outcome: own, by: step }
  return { outcome: second, by: next }
}

async function callOne(
  deps: ChainDeps,
  { job, inputs, references, publish }: ChainOptions,
  step: Step,
  budgetMs: number,
  signal: AbortSignal,
): Promise<CallOutcome> {
  const dayBudgetUsd = await deps.dayBudgetUsd()
  const { scratchDir, templates } = inputs
  return callStep(deps, step, {
    jobId: job.id,
    slotId: job.slotId,
    budgets: {
      slotMicroUsd: job.slot.budgetMicroUsd,
      dayMicroUsd: dayBudgetUsd === undefined ? undefined : toMicroUsd(dayBudgetUsd),
    },
    budgetMs,
    reference: references.of(step.index),
    signal,
    task: {
      jobId: job.id,
      photo: await inputs.photoFor(step.operation.accepts, signal),
      templates,
      createdAt: job.createdAt,
      scratchDir: await scratchDir(`step-${step.index}`),
      saveReference: (reference) => references.save(step.index, reference),
      publish,
    },
  })
}

function refusalError(refusal: Extract<CallOutcome, { kind: 'refused' }>['refusal']): AppError {
  switch (refusal) {
    case 'slot_budget':
    case 'day_budget':
      return new AppError('budget_exhausted', { details: { budget: refusal } })
    case 'breaker_open':
      return new AppError('provider_unavailable', {
        message: 'The provider is left alone after its last failures.',
      })
    case 'rate_limited':
    case 'concurrency':
      return new AppError('rate_limited', { message: 'The limit of calls to the provider is reached.' })
  }
}
