import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keptLatencies } from '../../src/calls/latency.ts'
import type { CallRequest, Settlement } from '../../src/calls/ledger.ts'
import { type TestLedger, withLedger } from '../support/ledger.ts'

const test = suite('calls/ledger')

const success: Settlement = { outcome: 'success', latencyMs: 1_000, isCharged: true }
const outage: Settlement = { outcome: 'provider_unavailable', latencyMs: 10, isCharged: false }

async function call({ enter, ledger }: TestLedger, settlement: Settlement, changes?: Partial<CallRequest>) {
  await ledger.settle(await enter(changes), settlement)
}

test('calls at once are limited over all processes, and one that ends makes room', () =>
  withLedger(async (parts) => {
    const limits = { concurrency: 2 }
    const other = parts.connect()
    const first = await parts.enter({ limits })
    assert.type(await other.ledger.enter(parts.request({ limits })), 'object')
    assert.is(await parts.ledger.enter(parts.request({ limits })), 'concurrency')
    assert.is(await other.ledger.enter(parts.request({ limits })), 'concurrency')
    assert.type(await parts.ledger.enter(parts.request({ limits, providerId: 'else' })), 'object')
    await parts.ledger.settle(first, success)
    assert.type(await other.ledger.enter(parts.request({ limits })), 'object')
  }))

test('a call whose process has died makes room when its time is over', () =>
  withLedger(async ({ enter, ledger, request, clock }) => {
    const limits = { concurrency: 1 }
    await enter({ limits, endsBy: clock.now() + 20_000 })
    clock.advance(19_999)
    assert.is(await ledger.enter(request({ limits })), 'concurrency')
    clock.advance(1)
    assert.type(await ledger.enter(request({ limits })), 'object')
  }))

test('rows of dead calls are forgotten a minute after their time, and their money stays counted', () =>
  withLedger(async ({ enter, ledger, clock }) => {
    const call = await enter()
    clock.advance(20_000 + 60_000)
    assert.is(await ledger.forgetDead(), 0)
    clock.advance(1)
    assert.is(await ledger.forgetDead(), 1)
    await ledger.settle(call, outage)
    assert.is(await ledger.spentMicroUsd('slot-001', clock.now()), 40_000, 'nobody gives it back afterwards')
  }))

for (const [period, limits, lengthMs] of [
  ['minute', { perMinute: 2 }, 60_000],
  ['day', { perDay: 2 }, 86_400_000],
] as const) {
  test(`calls in a ${period} are limited over all processes until the next one begins`, () =>
    withLedger(async (parts) => {
      const { clock, request } = parts
      const other = parts.connect()
      clock.advance(lengthMs - (clock.now() % lengthMs))
      await call(parts, success, { limits })
      await other.ledger.enter(request({ limits }))
      clock.advance(lengthMs - 1)
      assert.is(await parts.ledger.enter(request({ limits })), 'rate_limited')
      assert.is(await other.ledger.enter(request({ limits })), 'rate_limited')
      clock.advance(1)
      assert.type(await parts.ledger.enter(request({ limits })), 'object')
    }))
}

test('a call that is refused is not counted', () =>
  withLedger(async ({ enter, ledger, request }) => {
    const first = await enter({ limits: { concurrency: 1 } })
    for (let at = 0; at < 5; at += 1)
      assert.is(await ledger.enter(request({ limits: { concurrency: 1 } })), 'concurrency')
    await ledger.settle(first, success)
    assert.type(await ledger.enter(request({ limits: { perMinute: 2 } })), 'object')
    assert.is(await ledger.enter(request({ limits: { perMinute: 2 } })), 'rate_limited')
  }))

test('after five failures nobody calls this target any more, and others are called', () =>
  withLedger(async (parts) => {
    for (let at = 0; at < 5; at += 1) await call(parts, outage)
    const other = parts.connect()
    assert.is(await parts.ledger.enter(parts.request()), 'breaker_open')
    assert.is(await other.ledger.enter(parts.request()), 'breaker_open')
    assert.type(await parts.ledger.enter(parts.request({ target: 'vendor/key/m2' })), 'object')
    assert.type(await parts.ledger.enter(parts.request({ target: 'vendor/other/m1' })), 'object')
  }))

test('a success in between begins the count anew', () =>
  withLedger(async (parts) => {
    for (let at = 0; at < 4; at += 1) await call(parts, outage)
    await call(parts, success)
    for (let at = 0; at < 4; at += 1) await call(parts, outage)
    await parts.enter()
  }))

test('after the pause exactly one call of all processes goes through, until it has told', () =>
  withLedger(async (parts) => {
    const { clock, ledger, request } = parts
    for (let at = 0; at < 5; at += 1) await call(parts, outage)
    clock.advance(30_000)
    const atOnce = await Promise.all([1, 2, 3].map(() => ledger.enter(request())))
    const probes = atOnce.filter((answer) => typeof answer !== 'string')
    assert.is(probes.length, 1)
    const other = parts.connect().ledger
    assert.is(await other.enter(request()), 'breaker_open')
    clock.advance(14_999)
    assert.is(await other.enter(request()), 'breaker_open')
    for (const probe of probes) await other.settle(probe, success)
    assert.type(await ledger.enter(request()), 'object')
    assert.type(await ledger.enter(request()), 'object')
  }))

test('a probe that fails keeps everybody away for another pause', () =>
  withLedger(async (parts) => {
    const { clock, ledger, request } = parts
    for (let at = 0; at < 5; at += 1) await call(parts, outage)
    clock.advance(30_000)
    await call(parts, outage)
    clock.advance(29_999)
    assert.is(await ledger.enter(request()), 'breaker_open')
    clock.advance(1)
    assert.type(await ledger.enter(request()), 'object')
  }))

test('a probe that is not let out for another reason does not use up the chance', () =>
  withLedger(async (parts) => {
    const { clock, ledger, request } = parts
    for (let at = 0; at < 5; at += 1) await call(parts, outage)
    clock.advance(30_000)
    const broke = { slotMicroUsd: 0, dayMicroUsd: undefined }
    assert.is(await ledger.enter(request({ budgets: broke })), 'slot_budget')
    assert.type(await ledger.enter(request()), 'object')
  }))

test('a call that was stopped says nothing about the vendor', () =>
  withLedger(async (parts) => {
    for (let at = 0; at < 4; at += 1) await call(parts, outage)
    await call(parts, { outcome: 'abandoned', latencyMs: 9_000, isCharged: true })
    assert.equal((await parts.ledger.health('vendor/key/m1')).latencies, [])
    await call(parts, outage)
    assert.is(await parts.ledger.enter(parts.request()), 'breaker_open')
  }))

test('latencies of successes stay in the file for every process, the newest ones', () =>
  withLedger(async (parts) => {
    for (let at = 1; at <= keptLatencies + 2; at += 1)
      await call(parts, { ...success, latencyMs: at * 10 }, { priceMicroUsd: 0 })
    await call(parts, { outcome: 'no_image', latencyMs: 99_999, isCharged: false })
    const { latencies } = await parts.connect().ledger.health('vendor/key/m1')
    assert.is(latencies.length, keptLatencies)
    assert.equal([latencies[0], latencies.at(-1)], [30, (keptLatencies + 2) * 10])
    assert.equal((await parts.ledger.health('vendor/key/m2')).latencies, [])
  }))

test('latencies are forgotten half an hour after the last call, so that a slow provider is tried again', () =>
  withLedger(async (parts) => {
    await call(parts, { ...success, latencyMs: 59_000 })
    parts.clock.advance(30 * 60_000)
    assert.equal((await parts.ledger.health('vendor/key/m1')).latencies, [59_000])
    parts.clock.advance(1)
    assert.equal((await parts.ledger.health('vendor/key/m1')).latencies, [])
    await call(parts, { ...success, latencyMs: 2_000 })
    assert.equal((await parts.ledger.health('vendor/key/m1')).latencies, [2_000])
  }))

test("a vendor's pause outlives its latencies", () =>
  withLedger(async (parts) => {
    await call(parts, { ...outage, outcome: 'quota_exhausted' })
    parts.clock.advance(15 * 60_000 - 1)
    assert.is(await parts.ledger.enter(parts.request()), 'breaker_open')
  }))

const enterMany = async (parts: TestLedger, count: number) => {
  for (let at = 0; at < count; at += 1) await call(parts, success)
}

for (const [calls, allowed] of [
  [1, 1],
  [13, 1],
  [14, 2],
  [20, 3],
] as const) {
  test(`of ${calls} calls on a day at most ${allowed} are doubled at a share of 15 %`, () =>
    withLedger(async (parts) => {
      await enterMany(parts, calls)
      const other = parts.connect()
      let taken = 0
      for (let at = 0; at < 6; at += 1) {
        const lane = at % 2 === 0 ? parts.ledger : other.ledger
        if (await lane.takeHedge('vendor', 0.15)) taken += 1
      }
      assert.is(taken, allowed)
    }))
}

test('doubled calls are counted by provider, and anew each day', () =>
  withLedger(async (parts) => {
    await enterMany(parts, 1)
    assert.is(await parts.ledger.takeHedge('vendor', 0.15), true)
    assert.is(await parts.ledger.takeHedge('vendor', 0.15), false)
    assert.is(await parts.ledger.takeHedge('else', 0.15), true)
    parts.clock.advance(86_400_000)
    assert.is(await parts.ledger.takeHedge('vendor', 0.15), true)
  }))

test.run()
