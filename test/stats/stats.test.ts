import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { emptyFigures, inTimeShareOf } from '../../src/stats/figures.ts'
import { growth } from '../../src/stats/histogram.ts'
import { dayMs, groupings, hourMs, periodStart } from '../../src/stats/periods.ts'
import { sortKeys, sortRows } from '../../src/stats/sort.ts'
import { createNewJob } from '../support/job.ts'
import { openTestQueue, type TestQueue } from '../support/queue.ts'
import { createRandom } from '../support/random.ts'
import { makeHistory, providerIds, recount, slotIds } from './history.ts'

const test = suite('stats/stats')

async function withQueue(work: (parts: TestQueue) => Promise<void>) {
  const parts = await openTestQueue()
  try {
    await work(parts)
  } finally {
    await parts.close()
  }
}

test('roll-ups agree with a recount, for every grouping, filter and range', () =>
  withQueue(async (parts) => {
    const startedAt = parts.clock.now()
    const jobs = await makeHistory(parts, { jobs: 240, days: 40 })
    assert.ok(jobs.length < 240, 'test runs are left out')
    const random = createRandom(3)
    const now = parts.clock.now()
    const ranges = [
      { from: startedAt, to: now + 1 },
      { from: startedAt - dayMs, to: startedAt + 40 * dayMs },
      { from: now - hourMs, to: now + hourMs },
      { from: now, to: now + 1 },
      ...Array.from({ length: 6 }, () => {
        const from = startedAt + Math.floor(random() * 35 * dayMs)
        return { from, to: from + 1 + Math.floor(random() * 12 * dayMs) }
      }),
    ]
    const filters = [
      {},
      ...slotIds.map((slotId) => ({ slotId })),
      ...providerIds.map((providerId) => ({ providerId })),
      { slotId: 'slot-002', providerId: 'gemini' },
      { slotId: 'slot-009' },
    ]
    let counted = 0
    for (const grouping of groupings) {
      for (const range of ranges) {
        for (const filter of filters) {
          const { slotId, providerId } = { slotId: undefined, providerId: undefined, ...filter }
          const wanted = jobs.filter(
            (job) =>
              (slotId === undefined || job.slotId === slotId) &&
              (providerId === undefined || job.providerId === providerId),
          )
          const read = await parts.stats.read({ ...range, grouping, ...filter })
          assert.equal(
            read,
            recount(wanted, { ...range, grouping }),
            JSON.stringify({ grouping, range, filter }),
          )
          counted += read.summary.ingestCount
        }
      }
    }
    assert.ok(counted > jobs.length, 'there was something to count')
  }))

test('a figure is there as soon as the job is final, with the provider that the slot had when the photo came', () =>
  withQueue(async ({ stats, queue, finalizer, clock }) => {
    const job = await queue.enqueue(createNewJob())
    await finalizer.cancel(job.id, 'test')
    const range = { from: clock.now(), to: clock.now() + 1, grouping: 'hour' } as const
    assert.is((await stats.read({ ...range, providerId: 'echo' })).summary.cancelled, 1)
    assert.is((await stats.read({ ...range, providerId: 'local' })).summary.cancelled, 0)
  }))

test('percentiles are those of the pictures that each provider made, within the width of a bucket', () =>
  withQueue(async (parts) => {
    const startedAt = parts.clock.now()
    const jobs = await makeHistory(parts, { jobs: 300, days: 20, seed: 5 })
    const range = { from: startedAt + 3 * dayMs, to: startedAt + 15 * dayMs + 5 }
    const [firstDay, lastDay] = [periodStart(range.from, 'day'), periodStart(range.to, 'day')]
    const read = await parts.stats.readLatencies(range)
    assert.equal(
      read.map(({ providerId }) => providerId),
      providerIds.toSorted(),
    )
    for (const { providerId, calls, ...percentiles } of read) {
      const latencies = jobs
        .filter(({ finalizedAt }) => finalizedAt >= firstDay && finalizedAt < lastDay + dayMs)
        .flatMap(({ picture }) => (picture?.providerId === providerId ? [picture.latencyMs] : []))
        .sort((a, b) => a - b)
      assert.is(calls, latencies.length)
      const exact = (fraction: number) => latencies[Math.ceil(fraction * latencies.length) - 1] ?? Number.NaN
      for (const [name, fraction] of [
        ['p50Ms', 0.5],
        ['p90Ms', 0.9],
        ['p99Ms', 0.99],
      ] as const) {
        // Rounded to a millisecond.
        const most = exact(fraction) * (growth - 1) + 1
        const off = Math.abs(percentiles[name] - exact(fraction))
        assert.ok(off <= most, `${providerId} ${name}: ${percentiles[name]} for ${exact(fraction)}`)
      }
    }
    const [only, ...others] = await parts.stats.readLatencies({ ...range, providerId: 'gemini' })
    assert.equal(only, read[0])
    assert.is(others.length, 0)
  }))

test('rows are sorted by each key in both directions, the newest of equals first', () => {
  const random = createRandom(9)
  const rows = Array.from({ length: 40 }, (_, index) => ({
    ...emptyFigures(),
    periodStart: index * dayMs,
    periodEnd: (index + 1) * dayMs,
    success: Math.floor(random() * 5),
    errors: Math.floor(random() * 5),
    ingestCount: Math.floor(random() * 5),
  }))
  const values = {
    period_start: 'periodStart',
    success: 'success',
    errors: 'errors',
    ingest_count: 'ingestCount',
  } as const
  for (const key of sortKeys) {
    for (const order of ['asc', 'desc'] as const) {
      const sorted = sortRows(rows, key, order)
      assert.is(new Set(sorted).size, rows.length)
      sorted.slice(1).forEach((row, index) => {
        const before = sorted[index] ?? row
        const [a, b] = [before[values[key]], row[values[key]]]
        assert.ok(order === 'asc' ? a <= b : a >= b, `${key} ${order}`)
        if (a === b) assert.ok(before.periodStart > row.periodStart)
      })
    }
  }
})

test('the share in time leaves out what somebody cancelled, and is unknown without photos', () => {
  const figures = { ...emptyFigures(), success: 3, timeouts: 1, cancelled: 4, errors: 5, ingestCount: 8 }
  assert.is(inTimeShareOf(figures), 0.75)
  assert.is(inTimeShareOf({ ...emptyFigures(), cancelled: 1, ingestCount: 1 }), undefined)
})

test.run()
