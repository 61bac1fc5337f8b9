// How what is left of the window is shared out. Pure: all times in ms.
import type { AppError } from '../errors.ts'
import type { UsualLatency } from '../providers/provider.ts'

/** What an offline effect at the very end may need. */
export const emergencyMs = 1_200

/** A call that takes longer than this is not slow but lost. */
const patience = ({ p50Ms, p90Ms }: UsualLatency) => Math.max(p90Ms * 1.5, p50Ms * 2.5, 2_000)

/**
 * How long the next call of a provider may take; undefined when it would not be done in time.
 * The next provider keeps its own usual time where both fit; where they do not, this one gets everything.
 */
export function budgetOf(
  leftMs: number,
  own: UsualLatency,
  next: UsualLatency | undefined,
): number | undefined {
  if (leftMs < own.p50Ms) return undefined
  const leftForNext = next?.p90Ms ?? 0
  const shared = leftMs - leftForNext
  const wanted = shared >= own.p50Ms ? shared : leftMs
  return next ? Math.min(wanted, patience(own)) : wanted
}

/** Work that the vendor has accepted already is paid for, so it is asked for with whatever time is left. */
export const usualWhenUnderWay = (usual: UsualLatency, leftMs: number): UsualLatency => ({
  ...usual,
  p50Ms: Math.max(0, Math.min(usual.p50Ms, leftMs)),
})

export interface RetryRule {
  /** Further calls after this failure, at most. */
  atMost: number
  afterMs: number
}

const usualRule: RetryRule = { atMost: 4, afterMs: 3_000 }
const never: RetryRule = { atMost: 0, afterMs: 0 }

/** Refusals never come back to the same vendor, whatever it hints. */
export function retryRuleOf(error: AppError): RetryRule {
  if (error.code === 'content_blocked') return never
  return error.retryHint ?? (error.retry === 'again' ? usualRule : never)
}

export interface RetryQuestion {
  /** Calls of this provider so far. */
  calls: number
  rule: RetryRule
  leftMs: number
  own: UsualLatency
  /** Of the provider that would come next; undefined when there is none. */
  next: UsualLatency | undefined
}

/** The pause before calling the same provider again; undefined: move on. */
export function pauseBeforeRetry({ calls, rule, leftMs, own, next }: RetryQuestion): number | undefined {
  if (calls > rule.atMost || calls >= maxCalls) return undefined
  const leftAfterPause = leftMs - rule.afterMs
  if (budgetOf(leftAfterPause, own, next) === undefined) return undefined
  // With somebody else to ask, the same provider is asked again only while the other still has its time.
  const isRoomForNext = next === undefined || leftAfterPause - own.p50Ms >= next.p90Ms
  return isRoomForNext ? rule.afterMs : undefined
}

/** Of one provider for one job. */
export const maxCalls = 5
