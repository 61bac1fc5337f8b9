// One call of one provider: entered in the ledger, bounded in time, settled.
import type { Budgets } from '../calls/budget.ts'
import type { Call, Ledger, Refusal } from '../calls/ledger.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { LocalPicture, Task } from '../providers/provider.ts'
import { isMetered, type Step } from './steps.ts'

export interface CallDeps {
  ledger: Pick<Ledger, 'enter' | 'settle'>
  clock: Clock
  log: Pick<Log, 'error'>
  metrics: Metrics
}

export interface CallOptions {
  jobId: string
  slotId: string
  budgets: Budgets
  /** Epoch ms by which the call must have ended. */
  deadline: number
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
  const { signal, deadline, reference } = options
  if (signal.aborted) return { kind: 'abandoned' }
  const entered = await enter(deps, step, options)
  if (typeof entered === 'string') return { kind: 'refused', refusal: entered }

  const startedAt = clock.now()
  let isAccepted = reference !== undefined
  const settle = async (outcome: 'success' | 'abandoned' | ErrorCode, isCharged: boolean) => {
    deps.metrics.providerAttempts.inc({ provider: step.provider.id, outcome })
    if (entered) await deps.ledger.settle(entered, { outcome, latencyMs: clock.now() - startedAt, isCharged })
  }
  if (signal.aborted) {
    await settle('abandoned', isAccepted)
    return { kind: 'abandoned' }
  }
  const bounded = boundedSignal(signal, deadline - startedAt)
  let picture: LocalPicture
  try {
    picture = await step.operation.run({
      ...options.task,
      settings: step.settings,
      reference,
      signal: bounded.signal,
      deadline,
      async saveReference(accepted) {
        isAccepted = true
        await options.task.saveReference(accepted)
      },
    })
  } catch (cause) {
    if (signal.aborted) {
      await settle('abandoned', true)
      return { kind: 'abandoned' }
    }
    const error = bounded.hasTimedOut() ? tooSlow(cause) : toFailure(deps, step, cause)
    await settle(error.code, isAccepted || isProbablyCharged(error.code))
    return { kind: 'failed', error, latencyMs: clock.now() - startedAt }
  } finally {
    bounded.close()
  }
  const latencyMs = clock.now() - startedAt
  deps.metrics.providerSeconds.observe({ provider: step.provider.id }, latencyMs / 1000)
  await settle('success', true)
  return { kind: 'picture', picture, latencyMs }
}

async function enter(deps: CallDeps, step: Step, options: CallOptions): Promise<Call | Refusal | undefined> {
  if (!isMetered(step)) return undefined
  const { jobId, slotId, budgets, deadline, reference } = options
  return deps.ledger.enter({
    jobId,
    slotId,
    providerId: step.provider.id,
    target: step.target,
    priceMicroUsd: step.priceMicroUsd,
    isPaidAlready: reference !== undefined,
    limits: step.limits,
    budgets,
    endsBy: deadline,
  })
}

const tooSlow = (cause: unknown) => new AppError('provider_timeout', { cause })

/** A bug in an adapter costs its own picture, not the guest's: whoever comes next in the chain is still asked. */
function toFailure({ log }: CallDeps, { provider, operationId }: Step, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  log.error({ err: cause, provider: provider.id, operation: operationId }, 'provider.unexpected_error')
  return new AppError('internal_error', { cause })
}

/** A call that was cut off has usually been billed; an error that came back has not. */
const isProbablyCharged = (code: ErrorCode) =>
  code === 'provider_timeout' || code === 'bad_response' || code === 'internal_error'

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
