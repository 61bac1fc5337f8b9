// submit -> poll -> download: the core of every provider that answers later. What was accepted and paid for is
// stored before the first poll, so that a restart polls on and never submits twice.
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../errors.ts'

export type PollAnswer<T> = { state: 'running' } | { state: 'done'; result: T }

interface PollOptions<T> {
  signal: AbortSignal
  /** Accepted in an earlier attempt. */
  reference: string | undefined
  saveReference(reference: string): Promise<void>
  /** Asks the vendor to begin; its reference. */
  submit(): Promise<string>
  poll(reference: string): Promise<PollAnswer<T>>
  everyMs: number
  /** Polls in a row that may fail before the vendor counts as away: polling is free. */
  toleratedFailures?: number
}

/** @throws what `submit` throws; the last error of `poll`; `signal.reason` */
export async function submitAndPoll<T>(options: PollOptions<T>): Promise<T> {
  const { signal, everyMs, toleratedFailures = 5 } = options
  let reference = options.reference
  if (reference === undefined) {
    reference = await options.submit()
    await options.saveReference(reference)
  }
  for (let failures = 0; ; ) {
    await pause(everyMs, signal)
    try {
      const answer = await options.poll(reference)
      if (answer.state === 'done') return answer.result
      failures = 0
    } catch (error) {
      signal.throwIfAborted()
      const mayPass = error instanceof AppError && error.code === 'provider_unavailable'
      failures += 1
      if (!mayPass || failures > toleratedFailures) throw error
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}
