// When a provider + key + model is left alone for a while, and how it gets another chance. Pure.
import type { ErrorCode } from '../errors.ts'

export interface BreakerState {
  failuresInRow: number
  /** Epoch ms; calls are refused before it. */
  openUntil: number
  openReason: ErrorCode | undefined
}

export const closedBreaker: BreakerState = { failuresInRow: 0, openUntil: 0, openReason: undefined }

const failuresToOpen = 5
const outageMs = 30_000
/** An operator has to act; a call now and then finds out that he has. */
const authMs = 5 * 60_000
const quotaMs = 15 * 60_000
/** A single call is let through after the pause; others wait for what it says. */
const probeMs = 15_000

/** True when this call may go out; with `probing` the state that keeps others back meanwhile. */
export function mayCall(state: BreakerState, now: number): { may: boolean; probing?: BreakerState } {
  if (state.openUntil > now) return { may: false }
  const isRecovering = state.openReason !== undefined
  return isRecovering ? { may: true, probing: { ...state, openUntil: now + probeMs } } : { may: true }
}

/** Refusals and bad photos say nothing against the vendor's health, and our own failures nothing at all. */
export function afterFailure(state: BreakerState, code: ErrorCode, now: number): BreakerState {
  const failuresInRow = state.failuresInRow + 1
  /** A call that was out already does not shorten what an earlier one has found out. */
  const open = (forMs: number): BreakerState =>
    state.openUntil > now + forMs
      ? { ...state, failuresInRow }
      : { failuresInRow, openUntil: now + forMs, openReason: code }

  switch (code) {
    case 'auth_config':
      return open(authMs)
    case 'quota_exhausted':
      return open(quotaMs)
    case 'provider_unavailable':
    case 'provider_timeout':
    case 'bad_response':
    case 'rate_limited': {
      const isOutage = failuresInRow >= failuresToOpen || state.openReason !== undefined
      return isOutage ? open(outageMs) : { ...state, failuresInRow }
    }
    case 'content_blocked':
    case 'no_image':
    case 'bad_input':
      // The vendor has answered, so it is there.
      return closedBreaker
    default:
      return state
  }
}
