import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bucketOf, growth, percentileOf } from '../../src/stats/histogram.ts'
import { createRandom } from '../support/random.ts'

const test = suite('stats/histogram')

function toBuckets(values: readonly number[]) {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(bucketOf(value), (counts.get(bucketOf(value)) ?? 0) + 1)
  return [...counts].map(([bucket, count]) => ({ bucket, count }))
}

/** The smallest value that so many are not above. */
function exactPercentile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? Number.NaN
}

test('a value lies in the bucket between its powers', () => {
  assert.is(bucketOf(0), 0)
  assert.is(bucketOf(0.5), 0)
  for (const ms of [1, 2, 17, 250, 999, 4321, 60_000]) {
    const bucket = bucketOf(ms)
    assert.ok(growth ** (bucket - 1) <= ms && ms < growth ** bucket, `${ms} in ${bucket}`)
  }
})

test('percentiles are off by less than a bucket, for every shape of latencies', () => {
  const random = createRandom(7)
  const shapes: Record<string, () => number> = {
    even: () => 1 + random() * 20_000,
    'long tail': () => 120 * Math.exp(1.5 * (random() + random() + random())),
    'two humps': () => (random() < 0.7 ? 200 + random() * 50 : 9000 + random() * 3000),
    'all the same': () => 777,
  }
  for (const [shape, next] of Object.entries(shapes)) {
    for (const count of [1, 2, 7, 100, 3000]) {
      const values = Array.from({ length: count }, () => Math.round(next()))
      for (const fraction of [0.5, 0.9, 0.99]) {
        const exact = exactPercentile(values, fraction)
        const read = percentileOf(toBuckets(values), fraction) ?? Number.NaN
        const error = Math.abs(read / exact - 1)
        assert.ok(error <= growth - 1 + 1e-9, `${shape}, ${count} values, ${fraction}: ${read} for ${exact}`)
      }
    }
  }
})

test('nothing counted has no percentile, and empty buckets do not matter', () => {
  assert.is(percentileOf([], 0.5), undefined)
  assert.is(percentileOf([{ bucket: 9, count: 0 }], 0.5), undefined)
  assert.is(
    percentileOf(
      [
        { bucket: 40, count: 2 },
        { bucket: 1, count: 0 },
      ],
      0.5,
    ),
    percentileOf([{ bucket: 40, count: 2 }], 0.5),
  )
})

test.run()
