// Database and media store may be away for a moment, which is no verdict on a photo, least of all on one that is paid for:
// what a job needs of them is tried again while there is time.
import { AppError } from '../errors.ts'
import { sleep } from '../lib/abort.ts'
import type { Log } from '../lib/log.ts'

const firstPauseMs = 100
const maxPauseMs = 1_000

/** Runs work once, and again as long as what it needs is away and the signal has not fired. */
export type Patiently = <T>(work: () => Promise<T>) => Promise<T>

export function createPatience(signal: AbortSignal, log: Pick<Log, 'warn'>): Patiently {
  return async (work) => {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, maxPauseMs)) {
      try {
        return await work()
      } catch (error) {
        if (signal.aborted || !isAway(error)) throw error
        log.warn({ err: error }, 'job.waiting')
        await sleep(pauseMs, signal)
      }
    }
  }
}

const isAway = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'queue_unavailable' || error.code === 'storage_unavailable')

/** The same functions, with patience. */
export function allPatient<T extends Record<string, (...args: never[]) => Promise<unknown>>>(
  patiently: Patiently,
  functions: T,
): T {
  const patient = Object.entries(functions).map(([name, fn]) => [
    name,
    (...args: never[]) => patiently(() => fn(...args)),
  ])
  return Object.fromEntries(patient) as T
}
