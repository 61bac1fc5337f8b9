import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { dayMs, hourMs } from '../../src/stats/periods.ts'
import { createStatsReset } from '../../src/stats/resets.ts'
import { openTestQueue, type TestQueue } from '../support/queue.ts'
import { rejectionOf } from '../support/rejection.ts'
import { makeHistory, recount } from './history.ts'

const test = suite('stats/resets')

interface Parts extends TestQueue {
  recorded: unknown[]
  reset(slotId: string): Promise<number>
}

async function withResets(work: (parts: Parts) => Promise<void>) {
  const queue = await openTestQueue()
  const recorded: unknown[] = []
  const resetStats = createStatsReset({
    ...queue,
    recordAudit: async (_, entry) => void recorded.push(entry),
  })
  try {
    await work({ ...queue, recorded, reset: (slotId) => resetStats(slotId, 'serg') })
  } finally {
    await queue.close()
  }
}

test('a slot counts from its reset, exactly, also inside the hour; all slots together go on', () =>
  withResets(async (parts) => {
    const startedAt = parts.clock.now()
    const first = await makeHistory(parts, { jobs: 150, days: 3, seed: 1 })
    // Twenty jobs in one hour, half of them before the reset.
    parts.clock.advance(hourMs - (parts.clock.now() % hourMs))
    const before = await makeHistory(parts, { jobs: 10, days: 0, seed: 2 })
    const resetAt = await parts.reset('slot-001')
    assert.is(resetAt, parts.clock.now())
    const after = await makeHistory(parts, { jobs: 10, days: 0, seed: 3 })
    assert.is(Math.floor(resetAt / hourMs), Math.floor(parts.clock.now() / hourMs))
    parts.clock.advance(2 * hourMs)
    const later = await makeHistory(parts, { jobs: 150, days: 3, seed: 4 })
    const ofSlot = (slotId: string) => [...after, ...later].filter((job) => job.slotId === slotId)
    const all = [...first, ...before, ...after, ...later]
    assert.ok(before.some(({ slotId }) => slotId === 'slot-001'))

    for (const grouping of ['hour', 'day', 'week', 'month'] as const) {
      for (const from of [startedAt, resetAt - hourMs, resetAt - 1, resetAt, resetAt + 1, resetAt + dayMs]) {
        const range = { from, to: parts.clock.now() + 1, grouping }
        const { lastResetAt, ...read } = await parts.stats.readSlot('slot-001', range)
        assert.is(lastResetAt, resetAt)
        assert.equal(read, recount(ofSlot('slot-001'), range), `${grouping} from ${from - resetAt}`)
        const other = await parts.stats.readSlot('slot-002', range)
        assert.is(other.lastResetAt, undefined)
        assert.equal(
          other.summary,
          recount(
            all.filter(({ slotId }) => slotId === 'slot-002'),
            range,
          ).summary,
        )
        assert.equal(await parts.stats.read(range), recount(all, range))
      }
    }
    const past = { from: startedAt, to: resetAt - hourMs, grouping: 'day' } as const
    assert.is((await parts.stats.readSlot('slot-001', past)).summary.ingestCount, 0)
  }))

test('a second reset replaces the first, and one at the start of an hour takes nothing away', () =>
  withResets(async (parts) => {
    await makeHistory(parts, { jobs: 10, days: 0, seed: 1 })
    await parts.reset('slot-001')
    await makeHistory(parts, { jobs: 10, days: 0, seed: 2 })
    await parts.reset('slot-001')
    const range = () =>
      ({ from: parts.clock.now() - dayMs, to: parts.clock.now() + 1, grouping: 'day' }) as const
    assert.is((await parts.stats.readSlot('slot-001', range())).summary.ingestCount, 0)
    parts.clock.advance(hourMs - (parts.clock.now() % hourMs))
    const resetAt = await parts.reset('slot-001')
    const jobs = await makeHistory(parts, { jobs: 20, days: 0, seed: 3 })
    const { summary } = await parts.stats.readSlot('slot-001', range())
    assert.is(summary.ingestCount, jobs.filter(({ slotId }) => slotId === 'slot-001').length)
    assert.ok(summary.ingestCount > 0)
    assert.equal(await parts.stats.listResets(), new Map([['slot-001', resetAt]]))
    assert.is(await parts.stats.lastResetAt('slot-001'), resetAt)
    assert.is(await parts.stats.lastResetAt('slot-002'), undefined)
  }))

test('a reset is recorded with the one before it, or not made at all', () =>
  withResets(async (parts) => {
    const first = await parts.reset('slot-001')
    parts.clock.advance(1000)
    const second = await parts.reset('slot-001')
    const iso = (at: number) => new Date(at).toISOString()
    const entry = { actor: 'serg', action: 'slot.stats_reset', target: 'slot-001' }
    assert.equal(parts.recorded, [
      { ...entry, before: { last_reset_at: null }, after: { last_reset_at: iso(first) } },
      { ...entry, before: { last_reset_at: iso(first) }, after: { last_reset_at: iso(second) } },
    ])
    parts.clock.advance(1000)
    const failing = createStatsReset({
      ...parts,
      recordAudit: async () => {
        throw new Error('no room for the audit log')
      },
    })
    await rejectionOf(failing('slot-001', 'serg'))
    assert.is(await parts.stats.lastResetAt('slot-001'), second)
  }))

test.run()
