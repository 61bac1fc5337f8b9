// Percentiles, and taking turns: whatever is compared runs alternately, so that a drifting machine hits both.

export interface Summary {
  count: number
  median: number
  p95: number
}

export function summarize(values: readonly number[]): Summary {
  return { count: values.length, median: percentile(values, 0.5), p95: percentile(values, 0.95) }
}

export const median = (values: readonly number[]): number => percentile(values, 0.5)

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** Interpolated between neighbours; NaN without values. */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * fraction
  const lower = sorted[Math.floor(at)] ?? Number.NaN
  const upper = sorted[Math.ceil(at)] ?? Number.NaN
  return lower + (upper - lower) * (at - Math.floor(at))
}

/** Pairs what was measured in the same round. */
export function pairwise(
  a: readonly number[],
  b: readonly number[],
  combine: (a: number, b: number) => number,
): number[] {
  return a.slice(0, b.length).map((value, index) => combine(value, b[index] ?? Number.NaN))
}

interface Limits {
  rounds: number
  /** No round starts after this time. */
  atMostMs: number
}

/** Runs every contender once a round, each round beginning with another one; the first round only warms up. */
export async function takeTurns<Name extends string, Measured>(
  contenders: Record<Name, () => Promise<Measured>>,
  { rounds, atMostMs }: Limits,
): Promise<Record<Name, Measured[]>> {
  const names = Object.keys(contenders) as Name[]
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Measured[]>
  for (const name of names) await contenders[name]()
  const endsAt = performance.now() + atMostMs
  for (let round = 0; round < rounds && performance.now() < endsAt; round += 1) {
    const first = round % names.length
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      measured[name].push(await contenders[name]())
    }
  }
  return measured
}

/** Runs `work` `count` times, `lanes` at once; in the order of their end. */
export async function inLanes<T>(count: number, lanes: number, work: () => Promise<T>): Promise<T[]> {
  const done: T[] = []
  let started = 0
  async function lane() {
    while (started < count) {
      started += 1
      done.push(await work())
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return done
}

export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}
