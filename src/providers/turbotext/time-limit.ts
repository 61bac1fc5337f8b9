// A time limit for one call, under the signal of the whole task.
import type { AppError } from '../../errors.ts'

/** `work` gets a signal that fires with `tooLate` after `ms`, or with the reason of `signal` as soon as that fires. */
export async function withTimeLimit<T>(
  { ms, tooLate, signal }: { ms: number; tooLate: AppError; signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // Not AbortSignal.any: on Node 20 a timeout that nothing else refers to may be collected and never fire.
  const controller = new AbortController()
  const stop = () => controller.abort(signal.reason)
  const timer = setTimeout(() => controller.abort(tooLate), ms)
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}
