// What a vendor has accepted is paid for: it is finished after a restart and never asked for twice.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTestClock } from '../support/clock.ts'
import { until } from '../support/until.ts'
import { accepts, answers, fails, hangs, type Vendor } from '../support/vendor.ts'
import { fallback, jobIdOf, originOf, type VendorSite, withVendors } from '../support/vendors.ts'

const test = suite('flows/resume')

const withoutWorkers = { workers: 0 }

/** Sends a photo and stops the workers once the vendor works on it; the booth goes on waiting. */
async function interrupt(site: VendorSite, vendor: Vendor): Promise<{ sending: Promise<Response> }> {
  const pool = site.startWorkers()
  const sending = site.send()
  await until(() => vendor.running() === 1, 'the vendor works')
  await pool.stop(0)
  assert.is(vendor.running(), 0)
  return { sending }
}

const referencesOf = ({ calls }: Vendor) => calls.map(({ reference }) => reference)

const spentBy = (site: VendorSite) => site.app.ledger.spentMicroUsd('slot-001', site.app.clock.now())

test('accepted work is finished by the next worker, paid for once, and the booth gets its picture', () =>
  withVendors(async (site) => {
    const { app, vendor, events } = site
    vendor.behave(accepts('ref-1', hangs()), accepts('ref-2', answers()))
    const { sending } = await interrupt(site, vendor)
    site.startWorkers()
    const response = await sending
    assert.equal(originOf(response), ['vendor', null])
    assert.equal(referencesOf(vendor), [undefined, 'ref-1'])
    const job = await app.reader.get(jobIdOf(response))
    assert.equal([job.attempt, job.costMicroUsd, await spentBy(site)], [2, 40_000, 40_000])
    assert.equal(await events(response), ['received', 'dispatched', 'requeued', 'dispatched', 'succeeded'])
  }, withoutWorkers))

test('a call without a reference is made again, and both are paid for', () =>
  withVendors(async (site) => {
    const { app, vendor } = site
    vendor.behave(hangs(), answers())
    const { sending } = await interrupt(site, vendor)
    site.startWorkers()
    const response = await sending
    assert.equal(referencesOf(vendor), [undefined, undefined])
    assert.is((await app.reader.get(jobIdOf(response))).costMicroUsd, 80_000)
  }, withoutWorkers))

test('accepted work is asked for even when there is less time left than it usually needs', () => {
  const clock = createTestClock(Date.now())
  return withVendors(
    async (site) => {
      const { vendor } = site
      vendor.behave(accepts('ref-1', hangs()), accepts('ref-2', answers()))
      const { sending } = await interrupt(site, vendor)
      clock.advance(40_000)
      site.startWorkers()
      assert.equal(originOf(await sending), ['vendor', null])
      assert.equal(referencesOf(vendor), [undefined, 'ref-1'])
    },
    { ...withoutWorkers, clock, first: { usual: { p50Ms: 10_000, p90Ms: 20_000 } } },
  )
})

test('accepted work is asked for although nothing more may be spent', () =>
  withVendors(async (site) => {
    const { app, vendor } = site
    vendor.behave(accepts('ref-1', hangs()), answers())
    const { sending } = await interrupt(site, vendor)
    await app.settings.set('budget_usd_per_day', 0, 'test')
    site.startWorkers()
    assert.equal(originOf(await sending), ['vendor', null])
  }, withoutWorkers))

test('work that a fallback has accepted is finished before anybody else is asked', () =>
  withVendors(async (site) => {
    const { vendor, second, setSlot } = site
    await setSlot({ fallbacks: [fallback('second')] })
    vendor.behave(fails('content_blocked'))
    second.behave(accepts('ref-1', hangs()), answers())
    const { sending } = await interrupt(site, second)
    site.startWorkers()
    assert.equal(originOf(await sending), ['second', null])
    assert.is(vendor.calls.length, 1)
    assert.equal(referencesOf(second), [undefined, 'ref-1'])
  }, withoutWorkers))

test('when polling fails the same work is asked for again, not new work', () =>
  withVendors(async (site) => {
    const { app, vendor, send } = site
    const retryHint = { atMost: 1, afterMs: 1 }
    vendor.behave(accepts('ref-1', fails('provider_unavailable', { retryHint })), answers())
    const response = await send()
    assert.equal(referencesOf(vendor), [undefined, 'ref-1'])
    assert.is((await app.reader.get(jobIdOf(response))).costMicroUsd, 40_000)
  }))

test('work that the vendor has given up is asked for anew, and paid for anew', () =>
  withVendors(async (site) => {
    const { app, vendor, send } = site
    const givenUp = { retryHint: { atMost: 1, afterMs: 1 }, details: { reference_spent: true } }
    vendor.behave(accepts('ref-1', fails('bad_response', givenUp)), accepts('ref-2', answers()))
    const response = await send()
    assert.equal(originOf(response), ['vendor', null])
    assert.equal(referencesOf(vendor), [undefined, undefined])
    const job = await app.reader.get(jobIdOf(response))
    assert.equal([job.costMicroUsd, job.providerJobReference], [80_000, '{"0":"ref-2"}'])
  }))

test('a picture that is there when the workers are stopped is delivered, not made again', () =>
  withVendors(async (site) => {
    const { vendor, send } = site
    const pool = site.startWorkers()
    let stopped: Promise<void> | undefined
    vendor.behave(async (task) => {
      const picture = await answers()(task)
      stopped = pool.stop(0)
      await new Promise((resolve) => task.signal.addEventListener('abort', resolve, { once: true }))
      return picture
    })
    const response = await send()
    assert.equal(originOf(response), ['vendor', null])
    assert.is(vendor.calls.length, 1)
    await stopped
  }, withoutWorkers))

test.run()
