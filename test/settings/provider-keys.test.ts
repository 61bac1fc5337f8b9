import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTestClock } from '../support/clock.ts'
import { rejectionOf } from '../support/rejection.ts'
import { createTestSecrets } from '../support/secrets.ts'
import { openTestSettings } from '../support/settings.ts'

const test = suite('settings/provider-keys')

type Parts = Awaited<ReturnType<typeof openTestSettings>>

const environment = {
  gemini: { apiKey: 'key-of-environment', baseUrl: 'https://gateway.example' },
  openai: { apiKey: undefined, baseUrl: undefined },
}

async function withKeys(
  work: (parts: Parts & { secrets: ReturnType<typeof createTestSecrets> }) => Promise<void>,
) {
  const secrets = createTestSecrets('s'.repeat(40))
  const parts = await openTestSettings({ clock: createTestClock(), secrets, environment })
  try {
    await work({ ...parts, secrets })
  } finally {
    await parts.close()
  }
}

const geminiRow = ({ db }: Parts) =>
  db.query.selectFrom('settings').selectAll().where('key', '=', 'provider_keys.gemini').executeTakeFirst()

test('a stored key wins over the environment, and without it that of the environment is used again', () =>
  withKeys(async (parts) => {
    const { providerKeys, settings } = parts
    assert.equal(await providerKeys.findAccess('gemini'), environment.gemini)
    await settings.change({ providerKeys: { gemini: { value: 'key-that-is-stored' } } }, 'igor')
    assert.equal(await providerKeys.findAccess('gemini'), {
      apiKey: 'key-that-is-stored',
      baseUrl: 'https://gateway.example',
    })
    assert.not((await geminiRow(parts))?.value_json.includes('key-that-is-stored'))
    const state = await providerKeys.findState('gemini')
    assert.equal([state.source, state.updatedBy], ['settings', 'igor'])
    await settings.change({ providerKeys: { gemini: { value: null } } }, 'igor')
    assert.equal(await providerKeys.findAccess('gemini'), environment.gemini)
    assert.is((await providerKeys.findState('gemini')).source, 'environment')
    assert.is(await geminiRow(parts), undefined)
  }))

test('whoever changes the address has to know the key that is sent there', () =>
  withKeys(async ({ providerKeys, settings }) => {
    const set = (change: object) => settings.change({ providerKeys: { gemini: change } }, 'igor')
    const evil = { base_url: 'https://evil.example' }
    const ofEnvironment = await rejectionOf(set({ extra: evil }))
    assert.is(ofEnvironment.code, 'invalid_settings')
    assert.match(ofEnvironment.message, 'provider_keys.gemini.value must be given')
    await set({ value: 'key-that-is-stored' })
    assert.is((await rejectionOf(set({ extra: evil }))).code, 'invalid_settings')
    assert.is((await rejectionOf(set({ value: null, extra: evil }))).code, 'invalid_settings')
    await set({ value: 'key-for-the-gateway', extra: { base_url: 'https://other.example' } })
    const both = { apiKey: 'key-for-the-gateway', baseUrl: 'https://other.example' }
    assert.equal(await providerKeys.findAccess('gemini'), both)
    // The key alone goes, and the address with it: the environment's key is not sent there.
    await set({ value: null })
    assert.equal(await providerKeys.findAccess('gemini'), environment.gemini)
  }))

test('a server of one’s own needs an address and no key', () =>
  withKeys(async ({ providerKeys, settings }) => {
    const extra = { base_url: 'http://10.0.0.5:8000/v1' }
    await settings.change({ providerKeys: { openai: { extra } } }, 'igor')
    assert.equal(await providerKeys.findAccess('openai'), {
      apiKey: undefined,
      baseUrl: 'http://10.0.0.5:8000/v1',
    })
    await settings.change({ providerKeys: { openai: { extra: null } } }, 'igor')
    assert.is((await providerKeys.findState('openai')).source, undefined)
  }))

test('a sealed key that was put under another provider is not used', () =>
  withKeys(async (parts) => {
    const { db, providerKeys, settings } = parts
    await settings.change({ providerKeys: { openai: { value: 'key-of-openai' } } }, 'igor')
    await db.query
      .updateTable('settings')
      .set({ key: 'provider_keys.gemini' })
      .where('key', '=', 'provider_keys.openai')
      .execute()
    const error = await rejectionOf(providerKeys.findAccess('gemini'))
    assert.is(error.code, 'auth_config')
    assert.match(error.message, 'Set the key again.')
    assert.not(error.message.includes('key-of-openai'))
  }))

test('the audit log says that a key was set, by whom, and not which', () =>
  withKeys(async ({ audit, settings }) => {
    await settings.change({ providerKeys: { gemini: { value: 'key-that-is-stored' } } }, 'igor')
    await settings.change({ providerKeys: { gemini: { value: null } } }, 'serg')
    const entries = await audit.list({ target: 'provider_keys.gemini' }, 10)
    assert.equal(
      entries.map(({ actor, action, before, after }) => [actor, action, before, after]),
      [
        ['serg', 'settings.updated', { is_set: true }, { is_set: false }],
        ['igor', 'settings.updated', { is_set: false }, { is_set: true }],
      ],
    )
  }))

test('a key is sealed with the newest secret, also when another process has made it', () =>
  withKeys(async (parts) => {
    const { providerKeys, sealer, settings, secrets } = parts
    secrets.change('n'.repeat(40), 's'.repeat(40))
    await settings.change({ providerKeys: { gemini: { value: 'key-that-is-stored' } } }, 'igor')
    const [sealed = ''] = await providerKeys.listSealed(parts.db.query)
    assert.is(sealer.isCurrent(sealed), true)
    secrets.change('n'.repeat(40))
    await secrets.reload()
    assert.is((await providerKeys.findAccess('gemini')).apiKey, 'key-that-is-stored')
  }))

test.run()
