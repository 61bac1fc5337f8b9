// What the booth gets when no provider has a picture, or something is wrong with one of them.
import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readError } from '../support/booth.ts'
import { portrait } from '../support/photos.ts'
import { fails, hangs } from '../support/vendor.ts'
import { fallback, jobIdOf, originOf, withVendors } from '../support/vendors.ts'

const test = suite('flows/on-failure')

const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer())

test('when nobody has a picture the booth is told why, by what was said rather than by who was passed over', () =>
  withVendors(
    async ({ app, vendor, setSlot, send }) => {
      await setSlot({ fallbacks: [fallback('second')] })
      vendor.behave(fails('content_blocked'))
      const response = await send()
      assert.is(response.status, 502)
      const { code, details } = await readError(response)
      assert.equal([code, details.reason], ['provider_error', 'content_blocked'])
      const job = await app.reader.get(String(details.job_id))
      assert.equal([job.failureReason, job.errorCode], ['provider_error', 'content_blocked'])
      assert.equal(originOf(response), [null, null])
    },
    { other: { usual: { p50Ms: 60_000, p90Ms: 90_000 } } },
  ))

test('on_failure "original" answers with the photo itself, upright and without metadata', () =>
  withVendors(async ({ app, vendor, setSlot, send }) => {
    await setSlot({ on_failure: 'original' })
    vendor.behave(fails('content_blocked'))
    const response = await send()
    assert.is(response.status, 200)
    assert.equal(originOf(response), ['local', 'content_blocked'])
    const [picture, photo] = await Promise.all(
      [await bytesOf(response), await readFile(portrait)].map((file) => sharp(file).stats()),
    )
    for (const [at, channel] of (picture?.channels ?? []).entries())
      assert.ok(Math.abs(channel.mean - (photo?.channels[at]?.mean ?? 0)) < 1, 'the colours are the same')
    const job = await app.reader.get(jobIdOf(response))
    assert.equal([job.providerId, job.degradedReason], ['local', 'content_blocked'])
  }))

test('on_failure "local" answers with the offline effect, and the figures count it', () =>
  withVendors(async ({ app, vendor, setSlot, send, events }) => {
    const effect = { operation_id: 'filter', settings: { effect: 'noir' } }
    await setSlot({ on_failure: 'local', local_effect: effect })
    vendor.behave(fails('auth_config'))
    const response = await send()
    assert.equal(originOf(response), ['local', 'auth_config'])
    const { channels } = await sharp(await bytesOf(response)).stats()
    assert.ok(Math.abs((channels[0]?.mean ?? 0) - (channels[2]?.mean ?? 99)) < 2, 'it has no colours')
    assert.equal(await events(response), [
      'received',
      'dispatched',
      'provider_failed',
      'degraded',
      'succeeded',
    ])
    const now = app.clock.now()
    const { summary } = await app.stats.read({ from: now - 1, to: now + 1, grouping: 'hour' })
    assert.equal([summary.success, summary.degraded], [1, 1])
  }))

test('the offline effect is still in time when the last provider hangs', () =>
  withVendors(
    async ({ vendor, setSlot, send }) => {
      await setSlot({ on_failure: 'local' })
      vendor.behave(hangs())
      const response = await send()
      assert.is(response.status, 200)
      assert.equal(originOf(response), ['local', 'provider_timeout'])
    },
    { t_sync_response_seconds: 3 },
  ))

test('without it the hanging provider ends in a timeout', () =>
  withVendors(
    async ({ vendor, send }) => {
      vendor.behave(hangs())
      assert.is((await send()).status, 504)
      assert.is(vendor.running(), 0)
    },
    { t_sync_response_seconds: 1 },
  ))

test('a bug in an adapter costs its own picture only', () =>
  withVendors(async ({ vendor, setSlot, send, logged }) => {
    await setSlot({ fallbacks: [fallback('second')] })
    vendor.behave(async () => {
      throw new TypeError('undefined is not a picture')
    })
    assert.equal(originOf(await send()), ['second', null])
    assert.is(logged.filter(({ event }) => event === 'provider.unexpected_error').length, 1)
  }))

test('a text that its variables leave empty costs its own picture only', () =>
  withVendors(async ({ vendor, setSlot, send }) => {
    await setSlot({ prompt: '{{style}}', variables: { style: {} }, fallbacks: [fallback('second')] })
    assert.equal(originOf(await send({ style: 'noir' })), ['vendor', null])
    assert.equal(vendor.calls[0]?.settings, { prompt: 'noir', model: 'm1' })
    assert.equal(originOf(await send()), ['second', null])
  }))

test.run()
