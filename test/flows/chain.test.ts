// A slot with several providers: who is asked in which order, and with how much time.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { providerDeadline } from '../../src/jobs/deadlines.ts'
import { sendPhoto } from '../support/booth.ts'
import { createTestClock } from '../support/clock.ts'
import { heicPortrait } from '../support/photos.ts'
import { until } from '../support/until.ts'
import { answers, fails, hangs } from '../support/vendor.ts'
import { fallback, jobIdOf, originOf, withVendors } from '../support/vendors.ts'

const test = suite('flows/chain')

const atOnce = { atMost: 4, afterMs: 1 }

test("the first provider's picture is the answer, and says whose it is", () =>
  withVendors(async ({ app, vendor, second, setSlot, send, events }) => {
    await setSlot({ fallbacks: [fallback('second')] })
    const response = await send()
    assert.is(response.status, 200)
    assert.equal(originOf(response), ['vendor', null])
    assert.equal([vendor.calls.length, second.calls.length], [1, 0])
    const job = await app.reader.get(jobIdOf(response))
    assert.equal([job.providerId, job.degradedReason, job.costMicroUsd], ['vendor', undefined, 40_000])
    assert.equal(await events(response), ['received', 'dispatched', 'succeeded'])
  }))

test('after a failure that does not pass the next one is asked, and the picture is not degraded', () =>
  withVendors(async ({ app, vendor, second, setSlot, send, events }) => {
    await setSlot({ fallbacks: [fallback('second', { prompt: 'or this' })] })
    vendor.behave(fails('quota_exhausted'))
    const response = await send()
    assert.is(response.status, 200)
    assert.equal(originOf(response), ['second', null])
    assert.equal([vendor.calls.length, second.calls.length], [1, 1])
    assert.equal(second.calls[0]?.settings, { prompt: 'or this', model: 'm1' })
    assert.equal(await events(response), ['received', 'dispatched', 'provider_failed', 'succeeded'])
    const [, , failure] = await app.reader.log(jobIdOf(response))
    assert.is(failure?.details.decision, 'next provider')
    assert.is((await app.reader.get(jobIdOf(response))).degradedReason, undefined)
  }))

test('a failure that may pass is retried at the same provider', () =>
  withVendors(async ({ vendor, second, setSlot, send }) => {
    await setSlot({ fallbacks: [fallback('second')] })
    vendor.behave(
      fails('no_image', { retryHint: atOnce }),
      fails('no_image', { retryHint: atOnce }),
      answers(),
    )
    assert.equal(originOf(await send()), ['vendor', null])
    assert.equal([vendor.calls.length, second.calls.length], [3, 0])
  }))

test('a refusal is not retried, not even at another model of the same vendor', () =>
  withVendors(async ({ app, vendor, second, setSlot, send }) => {
    await setSlot({ fallbacks: [fallback('vendor', { model: 'm2' }), fallback('second')] })
    vendor.behave(fails('content_blocked', { retryHint: atOnce }))
    const response = await send()
    assert.equal(originOf(response), ['second', null])
    assert.equal([vendor.calls.length, second.calls.length], [1, 1])
    const skipped = (await app.reader.log(jobIdOf(response))).filter(
      ({ event }) => event === 'provider_skipped',
    )
    assert.equal(
      skipped.map(({ details }) => [details.model, details.why]),
      [['m2', 'content_blocked']],
    )
  }))

test('another failure of a model lets another model of the same vendor have its turn', () =>
  withVendors(async ({ vendor, setSlot, send }) => {
    await setSlot({ fallbacks: [fallback('vendor', { model: 'm2' })] })
    vendor.behave(fails('quota_exhausted'), answers())
    assert.equal(originOf(await send()), ['vendor', null])
    assert.equal(vendor.calls[1]?.settings, { prompt: 'paint it', model: 'm2' })
  }))

test('a provider that hangs is stopped early enough for the next one', () =>
  withVendors(
    async ({ vendor, second, setSlot, send }) => {
      await setSlot({ fallbacks: [fallback('second')] })
      vendor.behave(hangs())
      assert.equal(originOf(await send()), ['second', null])
      const [hung, helped] = [vendor.calls[0], second.calls[0]]
      if (!hung || !helped) throw new Error('somebody was not called')
      assert.ok(hung.signal.aborted)
      assert.is(vendor.running(), 0)
      assert.ok(helped.deadline - hung.deadline >= 1_000, 'the slow time of the second was kept for it')
    },
    { t_sync_response_seconds: 2, other: { usual: { p50Ms: 20, p90Ms: 1_000 } } },
  ))

test('the last provider gets all the time that is left, less what an effect behind it may need', () =>
  withVendors(
    async ({ app, vendor, second, setSlot, send }) => {
      await setSlot({ fallbacks: [fallback('second')] })
      vendor.behave(fails('quota_exhausted'))
      const plain = await app.reader.get(jobIdOf(await send()))
      assert.is(second.calls[0]?.deadline, providerDeadline(plain))
      await setSlot({ on_failure: 'local', fallbacks: [fallback('second')] })
      const secured = await app.reader.get(jobIdOf(await send()))
      assert.is(second.calls[1]?.deadline, providerDeadline(secured) - 1_200)
    },
    { clock: createTestClock(Date.now()) },
  ))

test('who usually needs more time than is left is passed over', () =>
  withVendors(
    async ({ app, vendor, second, setSlot, send }) => {
      await setSlot({ fallbacks: [fallback('second')] })
      const response = await send()
      assert.equal(originOf(response), ['second', null])
      assert.equal([vendor.calls.length, second.calls.length], [0, 1])
      const [, , skip] = await app.reader.log(jobIdOf(response))
      assert.equal([skip?.event, skip?.details.why], ['provider_skipped', 'not_enough_time'])
    },
    { first: { usual: { p50Ms: 60_000, p90Ms: 90_000 } } },
  ))

test('five failures in a row open the breaker, and the next photo passes the vendor over at once', () =>
  withVendors(async ({ app, vendor, second, setSlot, send }) => {
    await setSlot({ fallbacks: [fallback('second')] })
    vendor.behave(fails('provider_unavailable', { retryHint: atOnce }))
    assert.equal(originOf(await send()), ['second', null])
    assert.is(vendor.calls.length, 5)
    const next = await send()
    assert.equal(originOf(next), ['second', null])
    assert.equal([vendor.calls.length, second.calls.length], [5, 2])
    const [, , skip] = await app.reader.log(jobIdOf(next))
    assert.equal([skip?.event, skip?.details.why], ['provider_skipped', 'breaker_open'])
  }))

test('a limit of calls that is reached passes the vendor over', () =>
  withVendors(
    async ({ vendor, setSlot, send }) => {
      await setSlot({ fallbacks: [fallback('second')] })
      assert.equal(originOf(await send()), ['vendor', null])
      assert.equal(originOf(await send()), ['second', null])
      assert.is(vendor.calls.length, 1)
    },
    { first: { limits: { perDay: 1 } } },
  ))

test('a HEIC photo is decoded once for all who are asked', () =>
  withVendors(async ({ url, password, vendor, second, setSlot }) => {
    await setSlot({ fallbacks: [fallback('second')] })
    vendor.behave(fails('quota_exhausted'))
    const photo = { photo: heicPortrait, type: 'image/heic', fileName: 'IMG.HEIC' }
    assert.equal(originOf(await sendPhoto(url, 'slot-001', { password, ...photo })), ['second', null])
    assert.is(second.calls[0]?.photo.mime, 'image/jpeg')
    assert.is(second.calls[0]?.photo.path, vendor.calls[0]?.photo.path)
  }))

test('when the booth may hang up the provider is stopped, and its call is paid for', () =>
  withVendors(async ({ app, url, password, vendor, setSlot }) => {
    await setSlot({ cancel_on_disconnect: true, on_failure: 'local', fallbacks: [fallback('second')] })
    vendor.behave(hangs())
    const controller = new AbortController()
    const held = sendPhoto(url, 'slot-001', { password, signal: controller.signal })
    held.catch(() => undefined) // It is the booth that goes away.
    await until(() => vendor.calls.length === 1, 'the vendor works')
    controller.abort()
    await until(() => vendor.running() === 0, 'the vendor is stopped')
    const [job] = await until(async () => {
      const jobs = await app.reader.list({ isFinalized: true }, 1)
      return jobs.length === 1 && jobs
    }, 'the job is final')
    assert.equal(
      [job?.failureReason, job?.degradedReason, job?.costMicroUsd],
      ['cancelled', undefined, 40_000],
    )
  }))

test.run()
