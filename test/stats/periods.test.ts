import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { groupings, periodEnd, periodStart } from '../../src/stats/periods.ts'

const test = suite('stats/periods')
const iso = (at: number) => new Date(at).toISOString().slice(0, 16)
const at = Date.UTC(2026, 10, 24, 18, 42)

test('each period starts where the calendar says, in UTC', () => {
  assert.equal(
    groupings.map((grouping) => iso(periodStart(at, grouping))),
    ['2026-11-24T18:00', '2026-11-24T00:00', '2026-11-23T00:00', '2026-11-01T00:00'],
  )
})

test('a period ends where the next one starts, over the turn of the year and leap days', () => {
  for (const start of [at, Date.UTC(2027, 11, 31, 23, 59), Date.UTC(2028, 1, 29)]) {
    for (const grouping of groupings) {
      const end = periodEnd(periodStart(start, grouping), grouping)
      assert.is(periodStart(end, grouping), end)
      assert.is(periodStart(end - 1, grouping), periodStart(start, grouping))
    }
  }
})

test('weeks start on Monday, also before 1970', () => {
  assert.is(new Date(periodStart(Date.UTC(1969, 5, 5), 'week')).getUTCDay(), 1)
  assert.is(new Date(periodStart(at, 'week')).getUTCDay(), 1)
})

test.run()
