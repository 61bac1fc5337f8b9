// submit -> poll: the core of every provider that answers later. What was accepted and paid for is
// stored before the first poll, so that a restart polls on and never submits twice.
import { AppError } from '../errors.ts'
import { sleep } from '../lib/abort.ts'

export type PollAnswer<T> =
  | { state: 'running' }
  | { state: 'done'; result: T }
  /** The vendor's last word about this reference. */
  | { state: 'failed'; error: AppError }

interface PollOptions<T> {
  signal: AbortSignal
  /** Accepted in an earlier attempt; asked for at once. */
  reference: string | undefined
  saveReference(reference: string): Promise<void>
  /** Asks the vendor to begin; its reference. */
  submit(): Promise<string>
  /** What it throws is about this poll alone: when it may pass (`retry` of errors.ts), it is asked again. */
  poll(reference: string): Promise<PollAnswer<T>>
  everyMs: number
  /** Polls in a row that may fail before the vendor counts as away: polling is free. */
  toleratedFailures?: number
}

/** @throws what `submit` throws; the error of state `failed`; the last error of `poll`; `signal.reason` */
export async function submitAndPoll<T>(options: PollOptions<T>): Promise<T> {
  const { signal, everyMs, toleratedFailures = 5 } = options
  let { reference } = options
  if (reference === undefined) {
    signal.throwIfAborted()
    reference = await options.submit()
    await options.saveReference(reference)
    await pause(everyMs, signal)
  }
  for (let failures = 0; ; await pause(everyMs, signal)) {
    signal.throwIfAborted()
    const answer = await pollOnce(options, reference)
    if (answer.state === 'done') return answer.result
    if (answer.state === 'failed') throw answer.error
    failures = answer.state === 'running' ? 0 : failures + 1
    if (answer.state === 'missed' && failures > toleratedFailures) throw answer.error
  }
}

async function pollOnce<T>(
  { poll, signal }: PollOptions<T>,
  reference: string,
): Promise<PollAnswer<T> | { state: 'missed'; error: AppError }> {
  try {
    return await poll(reference)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof AppError) || error.retry === 'no') throw error
    return { state: 'missed', error }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, signal)
  signal.throwIfAborted()
}
