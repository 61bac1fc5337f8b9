import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { dayMs, hourMs } from '../../src/stats/periods.ts'
import { createNewJob } from '../support/job.ts'
import { openTestQueue } from '../support/queue.ts'

const test = suite('stats/stats')

test('figures of a slot and of all slots add up over periods, with empty periods in between', async () => {
  const { stats, db, clock, close } = await openTestQueue()
  const start = clock.now() - (clock.now() % dayMs)
  const end = (slotId: string, at: number, failureReason?: 'timeout' | 'provider_error' | 'cancelled') =>
    db.write((tx) =>
      stats.record(tx, {
        slotId,
        finalizedAt: at,
        failureReason,
        isDegraded: false,
        costMicroUsd: 5,
      }),
    )
  await end('slot-001', start)
  await end('slot-001', start + hourMs)
  await end('slot-001', start + 2 * dayMs, 'timeout')
  await end('slot-002', start + 2 * dayMs, 'provider_error')
  await end('slot-002', start + 2 * dayMs, 'cancelled')

  const range = { from: start, to: start + 3 * dayMs, grouping: 'day' } as const
  const one = await stats.read({ slotId: 'slot-001', ...range })
  assert.equal(
    one.rows.map(({ success, timeouts, ingestCount }) => [success, timeouts, ingestCount]),
    [
      [2, 0, 2],
      [0, 0, 0],
      [0, 1, 1],
    ],
  )
  const all = await stats.read(range)
  assert.equal(all.summary, {
    success: 2,
    timeouts: 1,
    providerErrors: 1,
    cancelled: 1,
    degraded: 0,
    costMicroUsd: 25,
    errors: 3,
    ingestCount: 5,
  })
  const firstHour = await stats.read({ from: start, to: start + hourMs, grouping: 'hour' })
  assert.is(firstHour.summary.ingestCount, 1)
  assert.is(firstHour.rows.length, 1)
  await close()
})

test('a figure is there as soon as the job is final', async () => {
  const { stats, queue, finalizer, clock, close } = await openTestQueue()
  const job = await queue.enqueue(createNewJob())
  await finalizer.cancel(job.id, 'test')
  const { summary } = await stats.read({ from: clock.now() - 1, to: clock.now() + 1, grouping: 'hour' })
  assert.is(summary.cancelled, 1)
  await close()
})

test.run()
