import { getEventListeners } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError, type ErrorCode } from '../../src/errors.ts'
import { createLog } from '../../src/lib/log.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { type CallOptions, callStep } from '../../src/worker/call.ts'
import { toStep } from '../../src/worker/steps.ts'
import { makeFolder } from '../support/folder.ts'
import { createGate } from '../support/gate.ts'
import { type TestLedger, withLedger } from '../support/ledger.ts'
import { rejectionOf } from '../support/rejection.ts'
import { taskIn } from '../support/task.ts'
import { until } from '../support/until.ts'
import { accepts, answers, createVendor, fails, hangs, type Vendor } from '../support/vendor.ts'

const test = suite('worker/call')

interface Parts extends TestLedger {
  vendor: Vendor
  metrics: ReturnType<typeof createMetrics>
  logged: Record<string, unknown>[]
  saved: string[]
  call(options?: Partial<CallOptions>): ReturnType<typeof callStep>
  spent(): Promise<number>
}

async function withCall(work: (parts: Parts) => Promise<void>) {
  const folder = await makeFolder()
  const logged: Record<string, unknown>[] = []
  const destination = { write: (line: string) => void logged.push(JSON.parse(line)) }
  const log = await createLog({
    level: 'debug',
    destination: destination as unknown as NodeJS.WritableStream,
  })
  const vendor = createVendor()
  const metrics = createMetrics()
  const saved: string[] = []
  await withLedger(async (parts) => {
    const { ledger, clock, request } = parts
    const providers = new Map([[vendor.provider.id, vendor.provider]])
    const deps = { ledger, clock, log, metrics }
    const step = await toStep(
      { providers, fingerprintOf: async () => 'key', health: ledger.health },
      { providerId: 'vendor', operationId: 'edit', settings: {} },
      0,
    )
    const { jobId, slotId, budgets } = request()
    await work({
      ...parts,
      vendor,
      metrics,
      logged,
      saved,
      spent: () => ledger.spentMicroUsd(slotId, clock.now()),
      call: (options = {}) =>
        callStep(deps, step, {
          jobId,
          slotId,
          budgets,
          deadline: clock.now() + 60_000,
          reference: undefined,
          signal: new AbortController().signal,
          task: taskIn(folder.path, {
            saveReference: async (reference) => {
              saved.push(reference)
            },
          }),
          ...options,
        }),
    })
  })
  await folder.remove()
}

test('a picture costs its price, and its time is remembered', () =>
  withCall(async ({ vendor, call, clock, ledger, spent, jobCost, metrics }) => {
    const gate = createGate()
    vendor.behave(answers(gate.promise))
    const called = call()
    await until(() => vendor.calls.length === 1, 'the vendor is called')
    clock.advance(1_500)
    gate.open()
    const outcome = await called
    assert.is(outcome.kind === 'picture' && outcome.latencyMs, 1_500)
    assert.equal((await ledger.health('vendor/key/m1')).latencies, [1_500])
    assert.equal([await spent(), await jobCost()], [40_000, 40_000])
    const { values } = await metrics.providerAttempts.get()
    assert.equal(values, [{ value: 1, labels: { provider: 'vendor', outcome: 'success' } }])
  }))

test('the vendor is told when it must have answered', () =>
  withCall(async ({ vendor, call, clock }) => {
    const deadline = clock.now() + 7_000
    await call({ deadline })
    assert.is(vendor.calls[0]?.deadline, deadline)
  }))

const prices: [code: ErrorCode, microUsd: number][] = [
  ['provider_unavailable', 0],
  ['rate_limited', 0],
  ['quota_exhausted', 0],
  ['auth_config', 0],
  ['content_blocked', 0],
  ['no_image', 0],
  ['bad_input', 0],
  ['provider_timeout', 40_000],
  ['bad_response', 40_000],
]
for (const [code, microUsd] of prices) {
  test(`${code} ${microUsd > 0 ? 'has probably been charged' : 'gives the money back'}`, () =>
    withCall(async ({ vendor, call, spent, jobCost }) => {
      vendor.behave(fails(code))
      const outcome = await call()
      assert.is(outcome.kind === 'failed' && outcome.error.code, code)
      assert.equal([await spent(), await jobCost()], [microUsd, microUsd])
    }))
}

test('what was accepted has been charged, however it ends, and its reference is stored', () =>
  withCall(async ({ vendor, call, spent, saved }) => {
    vendor.behave(accepts('ref-1', fails('provider_unavailable')))
    await call()
    assert.equal(saved, ['ref-1'])
    assert.is(await spent(), 40_000)
  }))

test('going on with accepted work costs nothing more, however it ends', () =>
  withCall(async ({ vendor, call, spent, jobCost, saved }) => {
    vendor.behave(
      accepts('ref-1', fails('provider_unavailable')),
      accepts('ref-2', fails('provider_unavailable')),
      accepts('ref-3', answers()),
    )
    const kinds = ['failed', 'failed', 'picture']
    for (const [at, reference] of [undefined, 'ref-1', 'ref-1'].entries()) {
      assert.is((await call({ reference })).kind, kinds[at])
      assert.is(vendor.calls[at]?.reference, reference)
      assert.equal([await spent(), await jobCost()], [40_000, 40_000])
    }
    assert.equal(saved, ['ref-1'])
  }))

test('a vendor that takes too long is stopped and charged', () =>
  withCall(async ({ vendor, call, clock, spent }) => {
    vendor.behave(hangs())
    const outcome = await call({ deadline: clock.now() + 20 })
    assert.is(outcome.kind === 'failed' && outcome.error.code, 'provider_timeout')
    assert.ok(vendor.calls[0]?.signal.aborted)
    assert.is(await spent(), 40_000)
  }))

test('whatever a vendor says once its time is over, it took too long', () =>
  withCall(async ({ vendor, call, clock }) => {
    vendor.behave(async (task) => {
      await hangs()(task).catch(() => undefined)
      throw new AppError('content_blocked')
    })
    const outcome = await call({ deadline: clock.now() + 20 })
    assert.is(outcome.kind === 'failed' && outcome.error.code, 'provider_timeout')
  }))

test('a picture that comes although the call was stopped is not thrown away', () =>
  withCall(async ({ vendor, call }) => {
    const controller = new AbortController()
    vendor.behave(async (task) => {
      controller.abort()
      return task.photo
    })
    assert.is((await call({ signal: controller.signal })).kind, 'picture')
  }))

test('a call that is stopped from outside is abandoned: charged, and no word about the vendor', () =>
  withCall(async ({ vendor, call, ledger, spent, logged }) => {
    const controller = new AbortController()
    vendor.behave(hangs())
    const called = call({ signal: controller.signal })
    await until(() => vendor.calls.length === 1, 'the vendor is called')
    controller.abort(new Error('the booth hung up'))
    assert.equal(await called, { kind: 'abandoned' })
    assert.is(vendor.running(), 0)
    assert.is(await spent(), 40_000)
    assert.equal(await ledger.health('vendor/key/m1'), {
      breaker: { failuresInRow: 0, openUntil: 0, openReason: undefined },
      latencies: [],
    })
    assert.equal(logged, [])
  }))

test('a call that was stopped before it began is neither made nor paid for', () =>
  withCall(async ({ vendor, call, spent, metrics }) => {
    assert.equal(await call({ signal: AbortSignal.abort() }), { kind: 'abandoned' })
    assert.is(vendor.calls.length, 0)
    assert.is(await spent(), 0)
    assert.equal((await metrics.providerAttempts.get()).values, [])
  }))

test('a call that is stopped while it is entered is not made, and its money comes back', () =>
  withCall(async ({ vendor, call, spent, jobCost, request, ledger }) => {
    const controller = new AbortController()
    const called = call({ signal: controller.signal })
    controller.abort()
    assert.equal(await called, { kind: 'abandoned' })
    assert.is(vendor.calls.length, 0)
    assert.equal([await spent(), await jobCost()], [0, 0])
    assert.type(await ledger.enter(request({ limits: { concurrency: 1 } })), 'object')
  }))

test('a call that the ledger refuses is not made', () =>
  withCall(async ({ vendor, call }) => {
    const budgets = { slotMicroUsd: 39_999, dayMicroUsd: undefined }
    assert.equal(await call({ budgets }), { kind: 'refused', refusal: 'slot_budget' })
    assert.is(vendor.calls.length, 0)
  }))

test('a bug in an adapter is the failure of its call, logged once with what was thrown', () =>
  withCall(async ({ vendor, call, logged, spent }) => {
    vendor.behave(async () => {
      throw new TypeError('undefined is not a picture')
    })
    const outcome = await call()
    assert.is(outcome.kind === 'failed' && outcome.error.code, 'internal_error')
    assert.is(logged.length, 1)
    assert.is(logged[0]?.event, 'provider.unexpected_error')
    assert.match(JSON.stringify(logged[0]), 'undefined is not a picture')
    assert.is(await spent(), 40_000)
  }))

test('no timer and no listener outlives the call', () =>
  withCall(async ({ vendor, call }) => {
    vendor.behave(answers(), fails('no_image'))
    const { signal } = new AbortController()
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    for (const kind of ['picture', 'failed']) assert.is((await call({ signal })).kind, kind)
    assert.is(timers(), before)
    assert.equal(getEventListeners(signal, 'abort'), [])
  }))

test('when the ledger breaks that is told, not hidden', () =>
  withCall(async ({ vendor, call, db }) => {
    vendor.behave(async (task) => {
      await db.query.schema.dropTable('provider_health').execute()
      return task.photo
    })
    assert.match((await rejectionOf(call())).message, 'provider_health')
  }))

test.run()
