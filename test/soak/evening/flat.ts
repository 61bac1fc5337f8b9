// Does anything grow? The last life of the server is long and undisturbed: its second quarter, when it has warmed up, is
// compared with its last one.
import { median } from '../../bench/measure.ts'
import type { Target } from '../../bench/report.ts'
import { figuresOf, type Journal } from './journal.ts'
import type { Sample } from './vitals.ts'

export interface Comparison {
  what: string
  unit: string
  second: number
  last: number
  atMost: number
}

interface Tolerance {
  share: number
  amount: number
}

const measures: readonly [
  what: string,
  unit: string,
  read: (sample: Sample) => number | undefined,
  Tolerance,
][] = [
  ['memory of serve (RSS)', 'MiB', ({ serve }) => serve?.rssMib, { share: 0.1, amount: 20 }],
  ['memory of worker (RSS)', 'MiB', ({ worker }) => worker?.rssMib, { share: 0.1, amount: 20 }],
  ['heap of serve', 'MiB', ({ heapMib }) => heapMib, { share: 0.15, amount: 10 }],
  ['handles of serve', '', ({ serve }) => serve?.fds, { share: 0.1, amount: 5 }],
  ['handles of worker', '', ({ worker }) => worker?.fds, { share: 0.1, amount: 5 }],
  ['threads of serve', '', ({ serve }) => serve?.threads, { share: 0, amount: 3 }],
  ['pictures on disk', 'MiB', ({ mediaMib }) => mediaMib, { share: 0.2, amount: 5 }],
  ['files on disk', '', ({ mediaFiles }) => mediaFiles, { share: 0.2, amount: 20 }],
  ['temporary files', '', ({ temporaryFiles }) => temporaryFiles, { share: 0, amount: 12 }],
  ['write-ahead log', 'MiB', ({ walMib }) => walMib, { share: 0.2, amount: 4 }],
  ['event loop, p99', 'ms', ({ eventLoopP99Ms }) => eventLoopP99Ms, { share: 0.3, amount: 10 }],
]

/** Photos differ in size, so that a quarter's latencies differ from another's by themselves. */
const latencyTolerances = { p50: { share: 0.3, amount: 10 }, p95: { share: 0.5, amount: 50 } } as const
const leastRequests = 20

/** `startedAt` is where second 0 of the samples was, epoch ms. */
export function compareQuarters(
  samples: readonly Sample[],
  journal: Journal,
  startedAt: number,
): Comparison[] {
  const [second, last] = quartersOfLastLife(samples)
  const ofSamples = measures.flatMap(([what, unit, read, tolerance]) => {
    const [before = [], after = []] = [second, last].map((some) =>
      some.map((sample) => read(sample) ?? Number.NaN).filter(Number.isFinite),
    )
    if (before.length === 0 || after.length === 0) return []
    return [compare(what, unit, median(before), median(after), tolerance)]
  })
  const within = (some: readonly Sample[]) => {
    const [from = 0, to = 0] = [some[0]?.at, some.at(-1)?.at]
    return journal.calm.filter((seen) => {
      const at = (seen.startedAt - startedAt) / 1000
      return at >= from && at <= to
    })
  }
  const [seenSecond, seenLast] = [within(second), within(last)]
  const kinds = [...new Set(seenLast.map(({ kind }) => kind))].sort()
  const ofLatencies = kinds.flatMap((kind) => {
    const [before, after] = [seenSecond, seenLast].map((some) =>
      figuresOf(some.filter((seen) => seen.kind === kind)),
    )
    if (!before || !after || Math.min(before.count, after.count) < leastRequests) return []
    return (['p50', 'p95'] as const).map((at) =>
      compare(`${kind}, ${at}`, 'ms', before[at], after[at], latencyTolerances[at]),
    )
  })
  return [...ofSamples, ...ofLatencies]
}

function quartersOfLastLife(samples: readonly Sample[]): [Sample[], Sample[]] {
  const life = samples.filter((sample) => sample.life === samples.at(-1)?.life)
  const quarter = Math.floor(life.length / 4)
  return [life.slice(quarter, quarter * 2), life.slice(-quarter)]
}

function compare(
  what: string,
  unit: string,
  second: number,
  last: number,
  { share, amount }: Tolerance,
): Comparison {
  return { what, unit, second, last, atMost: second * (1 + share) + amount }
}

/** A life that is shorter is still warming up in its second quarter. */
const leastJudgedMinutes = 8

export function isLongEnough(lives: readonly Life[]): boolean {
  return (lives.at(-1)?.minutes ?? 0) >= leastJudgedMinutes
}

export const toTarget = ({ what, unit, last, atMost, second }: Comparison): Target => ({
  what: `${what} in the last quarter, after ${round(second)} ${unit}`.trim(),
  measured: round(last),
  atMost: round(atMost),
})

export const round = (value: number) => Math.round(value * 10) / 10

export interface Life {
  number: number
  minutes: number
  rssMib: number
  /** Theil–Sen over all but the first quarter; NaN where there are too few samples. */
  slopeMibPerHour: number
  fds: number
}

export function describeLives(samples: readonly Sample[]): Life[] {
  const numbers = [...new Set(samples.map(({ life }) => life))]
  return numbers.map((number) => {
    const life = samples.filter((sample) => sample.life === number && sample.serve !== undefined)
    const warm = life.slice(Math.floor(life.length / 4))
    return {
      number,
      minutes: round(((life.at(-1)?.at ?? 0) - (life[0]?.at ?? 0)) / 60),
      rssMib: round(median(warm.map(({ serve }) => serve?.rssMib ?? Number.NaN))),
      slopeMibPerHour: Math.round(
        slopeOf(warm.map(({ at, serve }) => [at / 3600, serve?.rssMib ?? Number.NaN])),
      ),
      fds: median(warm.map(({ serve }) => serve?.fds ?? Number.NaN)),
    }
  })
}

/** The median of the slopes between all pairs: a single high sample does not bend it. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  if (points.length < 8) return Number.NaN
  const slopes = points.flatMap(([x1, y1], index) =>
    points.slice(index + 1).map(([x2, y2]) => (y2 - y1) / (x2 - x1)),
  )
  return median(slopes)
}
