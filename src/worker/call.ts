// One call of one provider: entered in the ledger, bounded in time, settled.
import type { Call, Ledger, Refusal } from '../calls/ledger.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { LocalPicture, Task } from '../providers/provider.ts'
import { isMetered, type Step } from './steps.ts'

export interface CallDeps {
  ledger: Pick<Ledger, 'enter' | 'settle'>
  clock: Clock
  metrics: Metrics
}

export interface CallOptions {
  jobId: string
  slotId: string
  budgets: { slotMicroUsd: number | undefined; dayMicroUsd: number | undefined }
  budgetMs: number
  /** Work that was accepted and paid for in an earlier attempt. */
  reference: string | undefined
  /** What the operation gets besides the signal and the deadline. */
  task: Omit<Task, 'signal' | 'deadline' | 'settings' | 'reference'>
  /** Ends the call for a reason of the job's own. */
  signal: AbortSignal
}

export type CallOutcome =
  | { kind: 'picture'; picture: LocalPicture; latencyMs: number }
  | { kind: 'failed'; error: AppError; latencyMs: number }
  | { kind: 'refused'; refusal: Refusal }
  /** The signal has fired; whoever fired it knows what comes next. */
  | { kind: 'abandoned' }

export async function callStep(deps: CallDeps, step: Step, options: CallOptions): Promise<CallOutcome> {
  const { clock } = deps
  const entered = await enter(deps, step, options)
  if (typeof entered === 'string') return { kind: 'refused', refusal: entered }

  const startedAt = clock.now()
  let isAccepted = options.reference !== undefined
  const bounded = boundedSignal(options.signal, options.budgetMs)
  const settle = async (outcome: 'success' | 'abandoned' | ErrorCode, isCharged: boolean) => {
    deps.metrics.providerAttempts.inc({ provider: step.provider.id, outcome })
    if (entered) await deps.ledger.settle(entered, { outcome, latencyMs: clock.now() - startedAt, isCharged })
  }
  try {
    const picture = await step.operation.run({
      ...options.task,
      settings: step.settings,
      reference: options.reference,
      signal: bounded.signal,
      deadline: startedAt + options.budgetMs,
      async saveReference(reference) {
        isAccepted = true
        await options.task.saveReference(reference)
      },
    })
    const latencyMs = clock.now() - startedAt
    deps.metrics.providerSeconds.observe({ provider: step.provider.id }, latencyMs / 1000)
    await settle('success', true)
    return { kind: 'picture', picture, latencyMs }
  } catch (cause) {
    if (options.signal.aborted) {
      await settle('abandoned', true)
      return { kind: 'abandoned' }
    }
    const error = bounded.hasTimedOut() ? tooSlow(cause) : cause
    if (!(error instanceof AppError)) {
      await settle('internal_error', true)
      throw error
    }
    await settle(error.code, isAccepted || isProbablyCharged(error.code))
    return { kind: 'failed', error, latencyMs: clock.now() - startedAt }
  } finally {
    bounded.close()
  }
}

async function enter(deps: CallDeps, step: Step, options: CallOptions): Promise<Call | Refusal | undefined> {
  if (!isMetered(step)) return undefined
  const { jobId, slotId, budgets, budgetMs, reference } = options
  return deps.ledger.enter({
    jobId,
    slotId,
    providerId: step.provider.id,
    target: step.target,
    priceMicroUsd: step.priceMicroUsd,
    isPaidAlready: reference !== undefined,
    limits: step.limits,
    budgets,
    endsBy: deps.clock.now() + budgetMs,
  })
}

const tooSlow = (cause: unknown) => new AppError('provider_timeout', { cause })

/** A call that was cut off has usually been billed; an error that came back has not. */
const isProbablyCharged = (code: ErrorCode) => code === 'provider_timeout' || code === 'bad_response'

/** Fires with the outer signal or when the time is over, and leaves no timer behind. */
function boundedSignal(outer: AbortSignal, budgetMs: number) {
  const controller = new AbortController()
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    controller.abort(new AppError('provider_timeout'))
  }, budgetMs)
  const follow = () => controller.abort(outer.reason)
  if (outer.aborted) follow()
  else outer.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    hasTimedOut: () => timedOut,
    close() {
      clearTimeout(timer)
      outer.removeEventListener('abort', follow)
    },
  }
}
