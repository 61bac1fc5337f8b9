// Waiting that an AbortSignal can end.
import { setTimeout as delay } from 'node:timers/promises'

/** Resolves after `ms`, or early when the signal fires; never rejects, so the caller looks at the signal. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(Math.max(0, ms), undefined, signal ? { signal } : {})
  } catch (error) {
    if (!signal?.aborted) throw error
  }
}
