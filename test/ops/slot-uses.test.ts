// A real ledger says of real slots what their vendors have done.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Provider } from '../../src/providers/provider.ts'
import { portrait } from '../support/photos.ts'
import { fails } from '../support/vendor.ts'
import { fallback, type VendorSite, withVendors } from '../support/vendors.ts'

const test = suite('ops/slot-uses')

async function toldOf({ app }: VendorSite) {
  const concerns = (await app.health.listConcerns()).filter(({ key }) => /^(provider|template)_/.test(key))
  return concerns.map(
    ({ key, severity, values }) => `${severity} ${key} ${values.provider ?? values.template}`,
  )
}

test('a first provider that refuses the key is urgent, also after a fallback has saved the photo', () =>
  withVendors(async (site) => {
    await site.setSlot({ fallbacks: [fallback('second')] })
    assert.equal(await toldOf(site), [])
    site.vendor.behave(fails('auth_config'))
    assert.is((await site.send()).status, 200)
    assert.equal(await toldOf(site), ['bad provider_refused The vendor vendor'])
    const { figures } = await site.app.health.read()
    const states = figures?.providers.map(({ title, state }) => `${state} ${title}`)
    assert.equal(states, ['bad The vendor vendor · m1', 'good The vendor second · m1'])
  }))

test('an outage of the first is urgent, a fallback without credit a warning, for a slot that is switched on', () =>
  withVendors(async (site) => {
    await site.setSlot({ fallbacks: [fallback('second')] })
    site.vendor.behave(fails('provider_unavailable', { retryHint: { atMost: 4, afterMs: 1 } }))
    site.second.behave(fails('quota_exhausted'))
    await site.send()
    const told = ['bad provider_down The vendor vendor', 'warn provider_quota The vendor second']
    assert.equal(await toldOf(site), told)
    await site.app.slots.update('slot-001', { isEnabled: false })
    assert.equal(await toldOf(site), [])
  }))

test('a provider whose key has gone is told once for all its models', () =>
  withVendors(async (site) => {
    await site.setSlot({ fallbacks: [fallback('vendor', { model: 'm2' })] })
    assert.equal(await toldOf(site), [])
    const withoutKey: Provider = { ...site.vendor.provider, isConfigured: async () => false }
    site.app.providers.set('vendor', withoutKey)
    assert.equal(await toldOf(site), ['bad provider_key_missing The vendor vendor'])
  }))

test('a template that is no longer there is told with its slot', () =>
  withVendors(async (site) => {
    const { app } = site
    const bound = { slotId: 'slot-001', settingKey: 'frame' }
    const { id } = await app.templates.bind({ ...bound, localPath: portrait })
    await app.slots.update('slot-001', { providerId: 'local', operationId: 'frame', settings: {} })
    assert.equal(await toldOf(site), [])
    await app.templates.unbind({ ...bound, id, assertFree: async () => undefined })
    assert.equal(await toldOf(site), ['bad template_missing frame'])
  }))

test.run()
