// Money: what a photo costs, what comes back, and what happens when there is none left.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { answers, fails, hangs } from '../support/vendor.ts'
import { fallback, jobIdOf, originOf, type VendorSite, withVendors } from '../support/vendors.ts'

const test = suite('flows/spending')

const atOnce = { retryHint: { atMost: 4, afterMs: 1 } }

/** Of the job, of its slot today, and of all slots today. */
async function costsOf({ app }: VendorSite, response: Response) {
  const now = app.clock.now()
  return [
    (await app.reader.get(jobIdOf(response))).costMicroUsd,
    await app.ledger.spentMicroUsd('slot-001', now),
    await app.ledger.spentMicroUsd(undefined, now),
  ]
}

test('every call counts, and those that were not charged are given back', () =>
  withVendors(async (site) => {
    site.vendor.behave(fails('rate_limited', atOnce), fails('bad_response', atOnce), answers())
    assert.equal(await costsOf(site, await site.send()), [80_000, 80_000, 80_000])
    assert.is(site.vendor.calls.length, 3)
    assert.equal((await costsOf(site, await site.send()))[1], 120_000)
  }))

test('the price is that of whoever was called', () =>
  withVendors(async (site) => {
    await site.setSlot({ fallbacks: [fallback('second')] })
    site.vendor.behave(fails('quota_exhausted'))
    const response = await site.send()
    assert.equal(await costsOf(site, response), [100_000, 100_000, 100_000])
    const now = site.app.clock.now()
    const { summary } = await site.app.stats.read({ from: now - 1, to: now + 1, grouping: 'hour' })
    assert.is(summary.costMicroUsd, 100_000)
  }))

test('a photo without a picture has its cost too, in the job and in the figures', () =>
  withVendors(
    async (site) => {
      site.vendor.behave(hangs())
      assert.is((await site.send()).status, 504)
      const [job] = await site.app.reader.list({}, 1)
      assert.equal([job?.failureReason, job?.costMicroUsd], ['timeout', 40_000])
      const now = site.app.clock.now()
      const { summary } = await site.app.stats.read({ from: now - 1, to: now + 1, grouping: 'hour' })
      assert.is(summary.costMicroUsd, 40_000)
    },
    { t_sync_response_seconds: 1 },
  ))

test("when a slot's budget is used up its photos get the offline effect, whatever on_failure says", () =>
  withVendors(async (site) => {
    await site.setSlot({ budget_usd_per_day: 0.08 })
    for (const expected of [
      ['vendor', null],
      ['vendor', null],
      ['local', 'budget_exhausted'],
    ])
      assert.equal(originOf(await site.send()), expected)
    const response = await site.send()
    assert.is(response.status, 200)
    assert.is(site.vendor.calls.length, 2)
    assert.equal(await costsOf(site, response), [0, 80_000, 80_000])
    const { degradedReason } = await site.app.reader.get(jobIdOf(response))
    assert.is(degradedReason, 'budget_exhausted')
  }))

test("so it is with the day's budget, which can be raised at any time", () =>
  withVendors(async ({ app, send, vendor }) => {
    await app.settings.set('budget_usd_per_day', 0.05, 'test')
    assert.equal(originOf(await send()), ['vendor', null])
    assert.equal(originOf(await send()), ['local', 'budget_exhausted'])
    await app.settings.set('budget_usd_per_day', 0.08, 'test')
    assert.equal(originOf(await send()), ['vendor', null])
    await app.settings.set('budget_usd_per_day', null, 'test')
    assert.equal(originOf(await send()), ['vendor', null])
    assert.is(vendor.calls.length, 3)
  }))

test('a budget too small for one provider may do for a cheaper one', () =>
  withVendors(
    async ({ vendor, setSlot, send }) => {
      await setSlot({ budget_usd_per_day: 0.03, fallbacks: [fallback('second')] })
      assert.equal(originOf(await send()), ['second', null])
      assert.is(vendor.calls.length, 0)
    },
    { other: { priceUsd: 0.01 } },
  ))

test('when the cheaper one fails as well the guest still gets the effect of the used-up budget', () =>
  withVendors(
    async ({ second, setSlot, send }) => {
      await setSlot({ budget_usd_per_day: 0.03, fallbacks: [fallback('second')] })
      second.behave(fails('content_blocked'))
      assert.equal(originOf(await send()), ['local', 'budget_exhausted'])
    },
    { other: { priceUsd: 0.01 } },
  ))

test('money that comes back can be spent again', () =>
  withVendors(async ({ vendor, setSlot, send }) => {
    await setSlot({ budget_usd_per_day: 0.04 })
    vendor.behave(fails('no_image', atOnce), fails('no_image', atOnce), answers())
    assert.equal(originOf(await send()), ['vendor', null])
  }))

test('one line in the log warns when a budget is nearly used up', () =>
  withVendors(async ({ app, setSlot, send, logged }) => {
    await setSlot({ budget_usd_per_day: 0.2 })
    await app.settings.set('budget_usd_per_day', 10, 'test')
    const warnings = () => logged.filter(({ event }) => event === 'budget.warning')
    for (let photo = 0; photo < 3; photo += 1) await send()
    assert.equal(warnings(), [])
    for (let photo = 0; photo < 3; photo += 1) await send()
    assert.is(warnings().length, 1)
    const { level, slot, spent_usd, budget_usd } = warnings()[0] ?? {}
    assert.equal([level, slot, spent_usd, budget_usd], ['warn', 'slot-001', 0.16, 0.2])
  }))

test.run()
