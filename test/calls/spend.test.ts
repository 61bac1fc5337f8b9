import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Settlement, toMicroUsd, toUsd } from '../../src/calls/ledger.ts'
import { withLedger } from '../support/ledger.ts'

const test = suite('calls/spend')

const dayMs = 86_400_000
const ofSlot = (slotMicroUsd: number) => ({ slotMicroUsd, dayMicroUsd: undefined })
const ofDay = (dayMicroUsd: number) => ({ slotMicroUsd: undefined, dayMicroUsd })
const charged: Settlement = { outcome: 'success', latencyMs: 1, isCharged: true }
const free: Settlement = { outcome: 'provider_unavailable', latencyMs: 1, isCharged: false }

test('a call counts from the moment it goes out, for its job, its slot and the day', () =>
  withLedger(async ({ enter, ledger, clock, jobCost }) => {
    const call = await enter()
    for (let look = 0; look < 2; look += 1) {
      assert.is(await ledger.spentMicroUsd('slot-001', clock.now()), 40_000)
      assert.is(await ledger.spentMicroUsd(undefined, clock.now()), 40_000)
      assert.is(await ledger.spentMicroUsd('slot-002', clock.now()), 0)
      assert.is(await jobCost(), 40_000)
      await ledger.settle(call, charged)
    }
  }))

test('one that was not charged is given back once, on the day on which it went out', () =>
  withLedger(async ({ enter, ledger, clock, jobCost }) => {
    const before = clock.now()
    await ledger.settle(await enter(), charged)
    const call = await enter()
    clock.advance(dayMs)
    await ledger.settle(call, free)
    await ledger.settle(call, free)
    assert.is(await ledger.spentMicroUsd('slot-001', before), 40_000)
    assert.is(await ledger.spentMicroUsd('slot-001', clock.now()), 0)
    assert.is(await jobCost(), 40_000)
  }))

test('work that an earlier attempt has paid for costs nothing more and passes every limit', () =>
  withLedger(async ({ enter, ledger, request, clock, jobCost }) => {
    const limits = { concurrency: 1, perMinute: 1, perDay: 1 }
    const budgets = { slotMicroUsd: 40_000, dayMicroUsd: 40_000 }
    await enter({ limits, budgets })
    assert.is(await ledger.enter(request({ limits, budgets })), 'concurrency')
    const resumed = await enter({ limits, budgets, isPaidAlready: true })
    await ledger.settle(resumed, charged)
    assert.is(await ledger.spentMicroUsd('slot-001', clock.now()), 40_000)
    assert.is(await jobCost(), 40_000)
  }))

test('a budget can be used up to the last cent and not over it', () =>
  withLedger(async ({ enter, ledger, request }) => {
    await enter({ budgets: ofSlot(80_000) })
    assert.is(await ledger.enter(request({ budgets: ofSlot(79_999) })), 'slot_budget')
    await enter({ budgets: ofSlot(80_000) })
    assert.is(await ledger.enter(request({ budgets: ofSlot(80_000), priceMicroUsd: 1 })), 'slot_budget')
    await enter({ budgets: ofSlot(0), priceMicroUsd: 0 })
  }))

test('a budget of nothing lets no paid call out', () =>
  withLedger(async ({ ledger, request }) => {
    assert.is(await ledger.enter(request({ budgets: ofSlot(0), priceMicroUsd: 1 })), 'slot_budget')
    assert.is(await ledger.enter(request({ budgets: ofDay(0), priceMicroUsd: 1 })), 'day_budget')
  }))

test('each slot has its own budget, and the day has one for all', () =>
  withLedger(async ({ enter, ledger, request }) => {
    await enter({ slotId: 'slot-001', budgets: ofSlot(40_000) })
    await enter({ slotId: 'slot-002', budgets: ofSlot(40_000) })
    assert.is(await ledger.enter(request({ slotId: 'slot-001', budgets: ofSlot(40_000) })), 'slot_budget')
    assert.is(await ledger.enter(request({ slotId: 'slot-003', budgets: ofDay(119_999) })), 'day_budget')
    await enter({ slotId: 'slot-003', budgets: ofDay(120_000) })
  }))

test('a refund makes room again, and so does the next day', () =>
  withLedger(async ({ enter, ledger, request, clock }) => {
    const budgets = ofSlot(40_000)
    const call = await enter({ budgets })
    assert.is(await ledger.enter(request({ budgets })), 'slot_budget')
    await ledger.settle(call, free)
    await enter({ budgets })
    assert.is(await ledger.enter(request({ budgets })), 'slot_budget')
    clock.advance(dayMs - (clock.now() % dayMs) - 1)
    assert.is(await ledger.enter(request({ budgets })), 'slot_budget')
    clock.advance(1)
    await enter({ budgets })
  }))

test('of many that ask at once for the last of the money one gets it, and another process sees that', () =>
  withLedger(async (parts) => {
    const budgets = ofDay(40_000)
    const answers = await Promise.all([1, 2, 3].map(() => parts.ledger.enter(parts.request({ budgets }))))
    assert.is(answers.filter((answer) => answer === 'day_budget').length, 2)
    assert.is(await parts.connect().ledger.enter(parts.request({ budgets })), 'day_budget')
    assert.is(await parts.ledger.spentMicroUsd(undefined, parts.clock.now()), 40_000)
  }))

test('the call that brings the spend to 80 % of a budget warns, and no other does', () =>
  withLedger(async ({ enter, ledger, request, warnings }) => {
    const budgets = { slotMicroUsd: 200_000, dayMicroUsd: 1_000_000 }
    for (let at = 0; at < 3; at += 1) await enter({ budgets })
    assert.equal(warnings, [])
    await enter({ budgets })
    const expected = [{ slot: 'slot-001', spent_usd: 0.16, budget_usd: 0.2 }]
    assert.equal(warnings, expected)
    await enter({ budgets })
    assert.is(await ledger.enter(request({ budgets })), 'slot_budget')
    assert.equal(warnings, expected)
  }))

test('the budget of the day warns for all slots together', () =>
  withLedger(async ({ enter, warnings }) => {
    await enter({ slotId: 'slot-001', budgets: ofDay(100_000) })
    await enter({ slotId: 'slot-002', budgets: ofDay(100_000) })
    assert.equal(warnings, [{ slot: 'all', spent_usd: 0.08, budget_usd: 0.1 }])
  }))

test('a refund that takes the spend below 80 % lets the next crossing warn again', () =>
  withLedger(async ({ enter, ledger, warnings }) => {
    const budgets = ofSlot(50_000)
    await ledger.settle(await enter({ budgets }), free)
    await enter({ budgets })
    assert.is(warnings.length, 2)
  }))

test('dollars become whole millionths and back', () => {
  assert.is(toMicroUsd(0.0336), 33_600)
  assert.is(toMicroUsd(0.1 + 0.2), 300_000)
  assert.is(toUsd(33_600), 0.0336)
  for (const usd of [-0.01, Number.NaN, Number.POSITIVE_INFINITY]) assert.throws(() => toMicroUsd(usd))
})

test.run()
