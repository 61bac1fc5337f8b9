// Two providers at once, where the slot wants it and the first is unusually slow.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createGate } from '../support/gate.ts'
import { until } from '../support/until.ts'
import { answers, fails, hangs } from '../support/vendor.ts'
import { fallback, jobIdOf, originOf, type VendorSite, withVendors } from '../support/vendors.ts'

const test = suite('flows/hedging')

const first = { usual: { p50Ms: 40, p90Ms: 80 } }

const withHedging = (work: (site: VendorSite) => Promise<void>, options = {}) =>
  withVendors(
    async (site) => {
      await site.setSlot({ hedge: true, fallbacks: [fallback('second')] })
      await work(site)
    },
    { first, ...options },
  )

/** So many calls before that the share of doubled ones keeps nobody back. */
async function assumeTraffic({ app }: VendorSite) {
  const now = app.clock.now()
  const period_start = now - (now % 86_400_000)
  await app.db.query
    .insertInto('provider_usage')
    .values({ provider_id: 'vendor', period: 'day', period_start, calls: 100 })
    .execute()
}

const callsOf = ({ vendor, second }: VendorSite) => [vendor.calls.length, second.calls.length]

test('a first provider that is quick is the only one', () =>
  withHedging(async (site) => {
    assert.equal(originOf(await site.send()), ['vendor', null])
    assert.equal(callsOf(site), [1, 0])
  }))

test('one that is slow gets company, the first picture wins, the other call is stopped and paid for', () =>
  withHedging(async (site) => {
    const { app, vendor, second, send, events } = site
    vendor.behave(hangs())
    const response = await send()
    assert.equal(originOf(response), ['second', null])
    assert.ok(vendor.calls[0]?.signal.aborted)
    assert.not(second.calls[0]?.signal.aborted)
    assert.equal([vendor.running(), second.running()], [0, 0])
    assert.equal(await events(response), ['received', 'dispatched', 'hedged', 'succeeded'])
    assert.is((await app.reader.get(jobIdOf(response))).costMicroUsd, 140_000)
    const { values } = await app.metrics.hedges.get()
    assert.equal(values, [{ value: 1, labels: { provider: 'second' } }])
  }))

test('a slow first provider that is there before the second wins all the same', () =>
  withHedging(async (site) => {
    const { app, vendor, second, send } = site
    const gate = createGate()
    vendor.behave(answers(gate.promise))
    second.behave(hangs())
    const sending = send()
    await until(() => second.calls.length === 1, 'the second has begun')
    gate.open()
    const response = await sending
    assert.equal(originOf(response), ['vendor', null])
    assert.ok(second.calls[0]?.signal.aborted)
    assert.is(second.running(), 0)
    assert.is((await app.reader.get(jobIdOf(response))).costMicroUsd, 140_000)
  }))

test('without the wish of the slot nobody gets company', () =>
  withHedging(async (site) => {
    await site.setSlot({ fallbacks: [fallback('second')] })
    site.vendor.behave(answers(200))
    assert.equal(originOf(await site.send()), ['vendor', null])
    assert.equal(callsOf(site), [1, 0])
  }))

test('only a share of the calls gets company', () =>
  withHedging(async (site) => {
    site.vendor.behave(hangs(), answers(200))
    assert.equal(originOf(await site.send()), ['second', null])
    assert.equal(originOf(await site.send()), ['vendor', null])
    assert.equal(callsOf(site), [2, 1])
  }))

test('while a provider is slow for everybody nobody gets company', () =>
  withHedging(async (site) => {
    const { app, vendor, send } = site
    await app.db.query
      .insertInto('provider_health')
      .values({
        target: `vendor/${await app.fingerprintOf('vendor')}/m1`,
        failures_in_row: 0,
        open_until: 0,
        open_reason: null,
        latencies_json: JSON.stringify(Array(20).fill(100)),
        updated_at: app.clock.now(),
      })
      .execute()
    vendor.behave(answers(250))
    assert.equal(originOf(await send()), ['vendor', null])
    assert.equal(callsOf(site), [1, 0])
  }))

for (const code of ['content_blocked', 'bad_input'] as const) {
  test(`after ${code} the retries of the first do not call the second again, and both failures are in the log`, () =>
    withHedging(async (site) => {
      const { app, vendor, second, send } = site
      await assumeTraffic(site)
      const gate = createGate()
      vendor.behave(async (task) => {
        await gate.promise
        return fails('no_image', { retryHint: { atMost: 1, afterMs: 1 } })(task)
      }, answers(200))
      second.behave(async (task) => {
        setImmediate(gate.open)
        return fails(code)(task)
      })
      const response = await send()
      assert.equal(originOf(response), ['vendor', null])
      assert.equal(callsOf(site), [2, 1])
      const failures = (await app.reader.log(jobIdOf(response))).filter(
        ({ event }) => event === 'provider_failed',
      )
      assert.equal(failures.map(({ details }) => [details.provider, details.code]).sort(), [
        ['second', code],
        ['vendor', 'no_image'],
      ])
    }))
}

test('a failure of the first leaves the second the time that it needs', () =>
  withHedging(async (site) => {
    const { app, vendor, second, send } = site
    const [fail, answer] = [createGate(), createGate()]
    vendor.behave(async (task) => {
      await fail.promise
      return fails('content_blocked')(task)
    })
    second.behave(answers(answer.promise))
    const sending = send()
    await until(() => second.calls.length === 1, 'the second has begun')
    fail.open()
    await until(() => vendor.running() === 0, 'the first has failed')
    answer.open()
    const response = await sending
    assert.equal(originOf(response), ['second', null])
    const failure = (await app.reader.log(jobIdOf(response))).find(({ event }) => event === 'provider_failed')
    assert.is(failure?.details.code, 'content_blocked')
  }))

test('a second that may not be called is no reason to give up on the first, and has its turn later', () =>
  withHedging(
    async (site) => {
      const { app, vendor, send } = site
      const gate = createGate()
      vendor.behave(async (task) => {
        await gate.promise
        return fails('content_blocked')(task)
      })
      const sending = send()
      const [job] = await until(async () => {
        const jobs = await app.reader.list({ status: 'processing' }, 1)
        return jobs.length === 1 && jobs
      }, 'the job runs')
      const listLog = async () =>
        (await app.reader.log(job?.id ?? '')).map(({ event, details }) => [
          event,
          details.why ?? details.code,
        ])
      await until(async () => (await listLog()).some(([event]) => event === 'hedged'), 'the second is due')
      gate.open()
      assert.is((await sending).status, 502)
      assert.equal((await listLog()).slice(2), [
        ['hedged', undefined],
        ['provider_failed', 'content_blocked'],
        ['provider_skipped', 'rate_limited'],
        ['failed', 'content_blocked'],
      ])
      assert.equal(callsOf(site), [1, 0])
    },
    { other: { limits: { perDay: 0 } } },
  ))

test('when the window closes both are stopped', () =>
  withHedging(
    async ({ vendor, second, send }) => {
      vendor.behave(hangs())
      second.behave(hangs())
      assert.is((await send()).status, 504)
      assert.equal([vendor.running(), second.running()], [0, 0])
      for (const call of [vendor.calls[0], second.calls[0]]) assert.ok(call?.signal.aborted)
    },
    { t_sync_response_seconds: 1 },
  ))

test.run()
