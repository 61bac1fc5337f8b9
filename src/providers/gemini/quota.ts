// Tells a short "too many at once" from a quota that is used up: Gemini answers 429 to both.
import type { Problem } from './answer.ts'

export type Exhaustion = { kind: 'day' | 'none' | 'spent' } | { kind: 'rate'; waitMs: number }

const unknownWaitMs = 5_000

export function readExhaustion({ message, details }: Problem, retryAfter: string | undefined): Exhaustion {
  const violations = details.flatMap((detail) => detail.violations ?? [])
  const isNamed = (pattern: RegExp) => violations.some(({ quotaId }) => pattern.test(quotaId))
  // Google names a short delay for these too, though they last until midnight in California or until somebody pays.
  if (isNamed(/PerDay/i)) return { kind: 'day' }
  if (violations.some(({ quotaValue }) => quotaValue === '0') || /\blimit: 0\b/.test(message)) {
    return { kind: 'none' }
  }
  if (isNamed(/spend/i) || /\bspend|\bspending|prepay|credits are depleted/i.test(message))
    return { kind: 'spent' }
  const delays = [
    ...details.map(({ retryDelay }) => retryDelay),
    /retry in ([\d.]+s)/.exec(message)?.[1],
    retryAfter && `${retryAfter}s`,
  ]
  return { kind: 'rate', waitMs: delays.map(toMs).find((ms) => ms !== undefined) ?? unknownWaitMs }
}

/** A duration as Google writes them, like 3.299376739s. */
function toMs(duration = ''): number | undefined {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(duration)?.[1]
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000)
}
