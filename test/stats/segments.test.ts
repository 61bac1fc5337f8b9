import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { dayMs, hourMs, periodStart } from '../../src/stats/periods.ts'
import { toSegments } from '../../src/stats/segments.ts'

const test = suite('stats/segments')
const midnight = Date.UTC(2026, 10, 24) // A Tuesday.
const lengthMs = { hour: hourMs, day: dayMs, week: 7 * dayMs }

type Lengths = Parameters<typeof toSegments>[2]

/** The starts of the shortest periods that the segments cover, in order. */
function coveredBy(from: number, to: number, lengths: Lengths): number[] {
  const step = lengthMs[lengths.at(-1) ?? lengths[0]]
  return toSegments(from, to, lengths).flatMap((segment) => {
    assert.is(periodStart(segment.from, segment.period), segment.from)
    assert.is(periodStart(segment.to, segment.period), segment.to)
    const length = (segment.to - segment.from) / step
    return Array.from({ length }, (_, index) => segment.from + index * step)
  })
}

test('every shortest period that the range touches is covered once, whatever its ends', () => {
  const ends = [0, 1, hourMs, 5 * hourMs + 7, 23 * hourMs + 1, dayMs, dayMs + 1, 6 * dayMs, 20 * dayMs - 1]
  const choices: Lengths[] = [['hour'], ['day', 'hour'], ['week', 'day'], ['week', 'day', 'hour']]
  for (const lengths of choices) {
    const shortest = lengths.at(-1) ?? lengths[0]
    for (const start of ends) {
      for (const length of ends.filter((value) => value > 0)) {
        const from = midnight + start
        const to = from + length
        const expected: number[] = []
        for (let at = periodStart(from, shortest); at < to; at += lengthMs[shortest]) expected.push(at)
        assert.equal(coveredBy(from, to, lengths), expected, `${start} + ${length} by ${lengths}`)
      }
    }
  }
})

test('the longest periods are read where there are whole ones, and only the ends as shorter ones', () => {
  const segments = toSegments(midnight - 2 * hourMs, midnight + 13 * dayMs + 1, ['week', 'day', 'hour'])
  assert.equal(
    segments.map(({ period, from, to }) => [period, (from - midnight) / hourMs, (to - midnight) / hourMs]),
    [
      ['hour', -2, 0],
      ['day', 0, 6 * 24],
      ['week', 6 * 24, 13 * 24],
      ['hour', 13 * 24, 13 * 24 + 1],
    ],
  )
})

test.run()
