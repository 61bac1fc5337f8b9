import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { addLatency, isGenerallySlow, keptLatencies, usualOf } from '../../src/calls/latency.ts'

const test = suite('calls/latency')

const before = { p50Ms: 10_000, p90Ms: 20_000 }
const series = (count: number, of = (index: number) => index * 100) =>
  Array.from({ length: count }, (_, index) => of(index))

test("the provider's own figures hold until there are eight calls", () => {
  assert.equal(usualOf([], before), before)
  assert.equal(usualOf(series(7), before), before)
  assert.not.equal(usualOf(series(8), before), before)
})

test('median and ninetieth percentile are those of the calls, in whatever order they came', () => {
  const hundred = series(100, (index) => (index + 1) * 10)
  assert.equal(usualOf(hundred, before), { p50Ms: 510, p90Ms: 910 })
  assert.equal(usualOf(hundred.toReversed(), before), { p50Ms: 510, p90Ms: 910 })
  assert.equal(usualOf(Array(8).fill(700), before), { p50Ms: 700, p90Ms: 700 })
})

test('one slow call among ten is the ninetieth percentile and leaves the median alone', () => {
  assert.equal(usualOf([...Array(9).fill(1_000), 30_000], before), { p50Ms: 1_000, p90Ms: 30_000 })
})

test('the newest calls are kept, rounded, and the oldest goes when there are too many', () => {
  const full = series(keptLatencies)
  const next = addLatency(full, 1234.6)
  assert.is(next.length, keptLatencies)
  assert.is(next.at(-1), 1235)
  assert.is(next[0], 100)
  assert.is(full.length, keptLatencies, 'the given list is left as it is')
})

test('a provider is generally slow when its median passes what was slow before', () => {
  assert.not(isGenerallySlow({ p50Ms: 20_000, p90Ms: 50_000 }, before))
  assert.ok(isGenerallySlow({ p50Ms: 20_001, p90Ms: 50_000 }, before))
})

test.run()
