// The slot's providers in turn, until one of them has a picture or the time is over. Every call and every decision
// goes into the processing log.
import type { Refusal } from '../calls/ledger.ts'
import { AppError } from '../errors.ts'
import { sleep } from '../lib/abort.ts'
import type { LocalPicture } from '../providers/provider.ts'
import type { CallOutcome } from './call.ts'
import { callMaybeHedged } from './hedged-call.ts'
import { budgetOf, pauseBeforeRetry, retryRuleOf, usualWhenUnderWay } from './plan.ts'
import type { Step } from './steps.ts'
import {
  type ChainDeps,
  type ChainOptions,
  findNext,
  isRefused,
  logFailure,
  logSkip,
  rememberFailure,
  type Walk,
} from './walk.ts'

export interface ChainPicture {
  picture: LocalPicture
  providerId: string
  latencyMs: number
}

interface Miss {
  error: AppError
  /** False for a provider that was passed over. */
  wasCalled: boolean
}

/** @throws the AppError that says best why there is no picture; `signal.reason` once it has fired */
export async function runChain(deps: ChainDeps, options: ChainOptions): Promise<ChainPicture> {
  const walk: Walk = { ...options, tried: new Set(), refusedBy: new Set() }
  let miss: Miss | undefined
  // What is paid for and still being worked on comes first.
  const start = walk.references.firstStep() ?? 0
  for (const step of walk.steps) {
    if (step.index < start || walk.tried.has(step.index)) continue
    if (isRefused(walk, step)) {
      await logSkip(walk, step, 'content_blocked')
      continue
    }
    const end = await tryStep(deps, walk, step)
    if ('picture' in end) return end
    miss = tellingMore(miss, end)
  }
  throw miss?.error ?? new AppError('provider_timeout')
}

async function tryStep(deps: ChainDeps, walk: Walk, step: Step): Promise<ChainPicture | Miss> {
  const { deadline, signal, references } = walk
  walk.tried.add(step.index)
  for (let calls = 1; ; calls += 1) {
    const next = findNext(walk, step)
    const now = deps.clock.now()
    const leftMs = deadline - now
    const usual = references.of(step.index) === undefined ? step.usual : usualWhenUnderWay(step.usual, leftMs)
    const budgetMs = budgetOf(leftMs, usual, next?.usual)
    if (budgetMs === undefined) {
      await logSkip(walk, step, 'not_enough_time', { usually_ms: usual.p50Ms })
      const message = 'There was not enough time left for the provider.'
      return { error: new AppError('provider_timeout', { message }), wasCalled: false }
    }
    const { outcome, by } = await callMaybeHedged(deps, walk, step, next, now + budgetMs)
    // One that has come is kept, even when work was to stop meanwhile: whether it is too late is decided at the end.
    if (outcome.kind === 'picture')
      return { picture: outcome.picture, providerId: by.provider.id, latencyMs: outcome.latencyMs }
    signal.throwIfAborted()
    switch (outcome.kind) {
      case 'abandoned':
        return { error: new AppError('provider_timeout'), wasCalled: true }
      case 'refused':
        await logSkip(walk, step, outcome.refusal)
        return { error: refusalError(outcome.refusal), wasCalled: false }
      case 'failed': {
        const pauseMs = await decide(deps, walk, step, outcome, {
          call: calls,
          budget_ms: Math.round(budgetMs),
        })
        if (pauseMs === undefined) return { error: outcome.error, wasCalled: true }
        await sleep(pauseMs, signal)
        signal.throwIfAborted()
      }
    }
  }
}

/** The pause before the same provider is called again; undefined: move on. */
async function decide(
  { clock }: ChainDeps,
  walk: Walk,
  step: Step,
  outcome: Extract<CallOutcome, { kind: 'failed' }>,
  details: { call: number; budget_ms: number },
): Promise<number | undefined> {
  await rememberFailure(walk, step, outcome)
  const next = findNext(walk, step)
  const leftMs = walk.deadline - clock.now()
  const pauseMs = pauseBeforeRetry({
    calls: details.call,
    rule: retryRuleOf(outcome.error),
    leftMs,
    own: step.usual,
    next: next?.usual,
  })
  const decision = pauseMs !== undefined ? `again in ${pauseMs} ms` : next ? 'next provider' : 'give up'
  await logFailure(walk, step, outcome, { ...details, left_ms: leftMs, decision })
  return pauseMs
}

/** What a vendor said tells more than that another was passed over; a used-up budget decides what the guest gets. */
function tellingMore(known: Miss | undefined, miss: Miss): Miss {
  if (!known || miss.error.code === 'budget_exhausted') return miss
  if (known.error.code === 'budget_exhausted') return known
  return known.wasCalled && !miss.wasCalled ? known : miss
}

function refusalError(refusal: Refusal): AppError {
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
