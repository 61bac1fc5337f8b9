// What the crowd has seen: latencies and answers for the samples, every photo with its answers for the end, and whatever
// cannot be explained.
import { percentile } from '../../bench/measure.ts'
import type { Restart } from './site.ts'

export interface Answer {
  status: number
  /** Of an error. */
  code: string
  jobId: string
  sha256: string
  /** Epoch ms. */
  at: number
}

export interface Photo {
  id: string
  slotId: string
  sentSha256: string
  /** Its sender did not wait for the answer. */
  hungUp: boolean
  answers: Answer[]
  /** Sendings that brought no answer, because a server ended. */
  broken: number
}

export interface Seen {
  kind: string
  status: number
  startedAt: number
  ms: number
}

export interface LatencyFigures {
  count: number
  p50: number
  p95: number
  p99: number
}

/** After a server is there again, connections that broke are still being noticed. */
const excuseMs = 2_000
/** A lease runs out after 10 s; a photo of a killed worker waits for that. */
const disturbanceMs = 12_000

export type Journal = ReturnType<typeof createJournal>

export function createJournal(restarts: readonly Restart[]) {
  const photos = new Map<string, Photo>()
  const calm: Seen[] = []
  const unexplained: string[] = []
  let interval: Seen[] = []
  let statuses: Record<string, number> = {}
  let broken = 0

  const overlaps = (from: number, to: number, moreMs: number, roles: readonly Restart['role'][]) =>
    restarts.some(
      ({ role, endedAt, readyAt }) => roles.includes(role) && to >= endedAt - 100 && from <= readyAt + moreMs,
    )

  return {
    photos,
    /** Requests that no restart has disturbed. */
    calm,
    unexplained,
    /** Jobs that an administrator has cancelled. */
    cancelled: new Set<string>(),
    /** Pictures that were said to be gone, and when. */
    gone: [] as { jobId: string; at: number }[],
    counts: { restartsFelt: 0, repeats: 0, hungUp: 0, erased: 0, exports: 0, edits: 0, events: 0 },

    /** Was the server away during this time, so that anything may have gone wrong? */
    isExcused: (from: number, to = Date.now()) => overlaps(from, to, excuseMs, ['serve']),

    note(seen: Seen): void {
      statuses[`${seen.kind} ${seen.status}`] = (statuses[`${seen.kind} ${seen.status}`] ?? 0) + 1
      if (overlaps(seen.startedAt, seen.startedAt + seen.ms, disturbanceMs, ['serve', 'worker'])) return
      calm.push(seen)
      interval.push(seen)
    },

    noteBroken(): void {
      broken += 1
    },

    blame(what: string): void {
      const line = `${new Date().toISOString()} ${what}`
      process.stderr.write(`  ${line}\n`)
      unexplained.push(line)
    },

    /** What has been since the last time. */
    take(): { latencies: Record<string, LatencyFigures>; statuses: Record<string, number>; broken: number } {
      const kinds = [...new Set(interval.map(({ kind }) => kind))].sort()
      const latencies = Object.fromEntries(
        kinds.map((kind) => [kind, figuresOf(interval.filter((seen) => seen.kind === kind))]),
      )
      const taken = { latencies, statuses, broken }
      interval = []
      statuses = {}
      broken = 0
      return taken
    },
  }
}

export function figuresOf(seen: readonly Seen[]): LatencyFigures {
  const times = seen.map(({ ms }) => ms)
  const at = (share: number) => Math.round(percentile(times, share) * 10) / 10
  return { count: times.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}
