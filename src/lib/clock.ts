/** Epoch milliseconds. Handed in wherever time decides something, so that a test can move it. */
export interface Clock {
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

export const toIso = (epochMs: number): string => new Date(epochMs).toISOString()
