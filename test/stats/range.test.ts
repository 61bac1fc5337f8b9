import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { dayMs } from '../../src/stats/periods.ts'
import { globalLimits, slotLimits, toRange } from '../../src/stats/range.ts'

const test = suite('stats/range')
const now = Date.UTC(2026, 10, 24, 18, 30)

test('a slot shows two weeks by day and all slots eight weeks by week, up to now', () => {
  assert.equal(toRange({}, slotLimits, now), { from: now - 14 * dayMs, to: now, grouping: 'day' })
  assert.equal(toRange({}, globalLimits, now), { from: now - 56 * dayMs, to: now, grouping: 'week' })
})

test('the start follows from the end, and the end may lie ahead', () => {
  const to = now - 100 * dayMs
  assert.equal(toRange({ to }, slotLimits, now), { from: to - 14 * dayMs, to, grouping: 'day' })
  const ahead = { from: now - dayMs, to: now + dayMs, grouping: 'hour' } as const
  assert.equal(toRange(ahead, slotLimits, now), ahead)
})

test('a range that cannot be is refused with the parameter that is wrong', () => {
  const refused = [
    [{ from: now - 2, to: now - 2 }, slotLimits, 'from', 'before "to"'],
    [{ from: now - 1, to: now - 2 }, slotLimits, 'from', 'before "to"'],
    [{ from: now + 1 }, slotLimits, 'from', 'future'],
    [{ from: now + 1, to: now + 2 }, slotLimits, 'from', 'future'],
    [{ to: now + 15 * dayMs }, slotLimits, 'to', 'future'],
    [{ from: now - 31 * dayMs - 1 }, slotLimits, 'from', '31 days'],
    [{ from: now - 90 * dayMs - 1 }, globalLimits, 'from', '90 days'],
    [{ grouping: 'month' }, slotLimits, 'group_by', 'hour, day, week'],
    [{ grouping: 'hour' }, globalLimits, 'group_by', 'day, week, month'],
  ] as const
  for (const [asked, limits, field, message] of refused) {
    const problem = toRange(asked, limits, now)
    assert.ok('message' in problem, JSON.stringify(asked))
    assert.is(problem.field, field)
    assert.match(problem.message, message)
  }
  assert.not('message' in toRange({ from: now - 31 * dayMs }, slotLimits, now))
  assert.not('message' in toRange({ from: now - 90 * dayMs }, globalLimits, now))
})

test.run()
