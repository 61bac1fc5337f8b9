// Calling a provider again after a failure that may pass: how often, how far apart, and until when.
import { AppError } from '../errors.ts'
import { sleep } from '../lib/abort.ts'
import type { Clock } from '../lib/clock.ts'

export const maxAttempts = 5
export const pauseMs = 3_000

interface AttemptOptions {
  clock: Clock
  /** Epoch ms; no attempt starts after it. */
  deadline: number
  signal: AbortSignal
  onFailure(attempt: number, error: AppError, latencyMs: number): Promise<void>
  pause?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** @throws the last attempt's error; `signal.reason` once the signal has fired */
export async function withAttempts<T>(
  call: () => Promise<T>,
  { clock, deadline, signal, onFailure, pause = sleep }: AttemptOptions,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    const startedAt = clock.now()
    try {
      return await call()
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof AppError)) throw error
      await onFailure(attempt, error, clock.now() - startedAt)
      const mayRetry = error.retry === 'again' && attempt < maxAttempts && clock.now() + pauseMs < deadline
      if (!mayRetry) throw error
      await pause(pauseMs, signal)
    }
  }
}
