// Sends many photos, some of them at once, and sums up what came back. It prints nothing.
import { AppError } from '../errors.ts'
import type { PhotoAnswer } from './post-photo.ts'

export interface Latency {
  min: number
  p50: number
  p90: number
  p95: number
  p99: number
  max: number
}

export interface RehearsalSummary {
  /** Fewer than were asked for when the rehearsal was interrupted. */
  sent: number
  /** Answered with a picture. */
  ok: number
  failed: number
  /** HTTP status -> count; `none` where no answer came. */
  statuses: Record<string, number>
  /** Total time of the pictures that came; undefined when none did. */
  latencyMs: Latency | undefined
  /** Pictures per second. */
  perSecond: number
  totalMs: number
  /** Most frequent first; `message` is that of the first one. */
  errors: { code: string; count: number; message: string }[]
}

interface Rehearsal {
  repeat: number
  concurrency: number
  signal?: AbortSignal
  /** `index` counts from 0. */
  send: (index: number) => Promise<PhotoAnswer>
  onProgress?: (done: number) => void
}

interface Outcome {
  status: number | undefined
  totalMs: number
  failure: { code: string; message: string } | undefined
}

/** After an abort it resolves with what was finished until then. Errors in the use of the command are thrown. */
export async function runRehearsal(rehearsal: Rehearsal): Promise<RehearsalSummary> {
  const startedAt = performance.now()
  const outcomes: Outcome[] = []
  let next = 0
  let isStopped = false
  const runLane = async () => {
    while (!isStopped && !rehearsal.signal?.aborted && next < rehearsal.repeat) {
      const index = next
      next += 1
      const outcome = await sendOne(rehearsal, index)
      if (outcome === undefined) return
      outcomes.push(outcome)
      rehearsal.onProgress?.(outcomes.length)
    }
  }
  const lanes = Array.from({ length: Math.min(rehearsal.concurrency, rehearsal.repeat) }, () =>
    runLane().catch((error: unknown) => {
      isStopped = true
      throw error
    }),
  )
  const ends = await Promise.allSettled(lanes)
  const broken = ends.find((end) => end.status === 'rejected')
  if (broken !== undefined) throw broken.reason
  return summarize(outcomes, performance.now() - startedAt)
}

async function sendOne({ send, signal }: Rehearsal, index: number): Promise<Outcome | undefined> {
  const startedAt = performance.now()
  try {
    const { status, totalMs, failure } = await send(index)
    return { status, totalMs, failure }
  } catch (error) {
    if (signal?.aborted) return undefined
    // No answer is a result of the rehearsal; a photo that cannot be read is not.
    if (!(error instanceof AppError) || error.code !== 'server_unreachable') throw error
    return { status: undefined, totalMs: performance.now() - startedAt, failure: error }
  }
}

function summarize(outcomes: readonly Outcome[], totalMs: number): RehearsalSummary {
  const statuses: Record<string, number> = {}
  const errors = new Map<string, { code: string; count: number; message: string }>()
  for (const { status, failure } of outcomes) {
    const key = String(status ?? 'none')
    statuses[key] = (statuses[key] ?? 0) + 1
    if (failure !== undefined) {
      const { code, message } = failure
      const seen = errors.get(code)
      errors.set(code, { code, count: (seen?.count ?? 0) + 1, message: seen?.message ?? message })
    }
  }
  const pictures = outcomes.filter((outcome) => outcome.failure === undefined)
  return {
    sent: outcomes.length,
    ok: pictures.length,
    failed: outcomes.length - pictures.length,
    statuses,
    latencyMs: toLatency(pictures.map((outcome) => outcome.totalMs)),
    perSecond: totalMs > 0 ? pictures.length / (totalMs / 1000) : 0,
    totalMs,
    errors: [...errors.values()].sort((a, b) => b.count - a.count),
  }
}

/** Nearest rank: every figure is a time that was measured. */
export function toLatency(values: readonly number[]): Latency | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  if (sorted.length === 0) return undefined
  return { min: at(0), p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max: at(1) }
}
