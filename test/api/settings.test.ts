import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type App, openApp } from '../../src/app.ts'
import type { ConfigInput } from '../../src/config.ts'
import { createLog } from '../../src/lib/log.ts'
import { startGeminiEmulator } from '../emulators/gemini.ts'
import { startOpenaiEmulator } from '../emulators/openai.ts'
import { type ApiAnswer, callerWith, logIn } from '../support/api.ts'
import { readError, sendPhoto } from '../support/booth.ts'
import { rejectionOf } from '../support/rejection.ts'
import { openTestServer, type TestServer } from '../support/server.ts'
import { taskIn } from '../support/task.ts'

const test = suite('api/settings')

type Call = Awaited<ReturnType<typeof logIn>>

async function withServer(
  work: (server: TestServer, call: Call) => Promise<void>,
  options: ConfigInput & { workers?: number } = {},
) {
  const server = await openTestServer({ workers: 0, ...options })
  try {
    await work(server, await logIn(server))
  } finally {
    await server.close()
  }
}

const fieldsOf = ({ body }: ApiAnswer): string[] =>
  body.error.details.fields.map(({ field }: { field: string }) => field)

test('the settings of a fresh installation have every part of the contract', () =>
  withServer(async (_, call) => {
    const { status, body } = await call('GET', '/api/settings')
    assert.is(status, 200)
    assert.match(body.dslr_password.updated_at, /^\d{4}-.*Z$/)
    const { dslr_password: password, ...rest } = body
    assert.equal([password.is_set, password.updated_by], [true, 'init'])
    const noKey = { is_configured: false, source: null, updated_at: null, updated_by: null, extra: {} }
    assert.equal(rest, {
      provider_keys: { gemini: noKey, turbotext: noKey, openai: noKey },
      ingest: { sync_response_timeout_sec: 48, ingest_ttl_sec: 48 },
      media_cache: { processed_media_ttl_hours: 72, public_link_ttl_sec: 48 },
      budget: { budget_usd_per_day: null, spent_usd_today: 0 },
      event: { title: '', message: '', link: null, color: null },
    })
  }))

test('a partial change answers with the new state and leaves the rest alone', () =>
  withServer(async ({ app, url, password }, call) => {
    const { status, body } = await call('PUT', '/api/settings', {
      ingest: { sync_response_timeout_sec: 52 },
      media_cache: { processed_media_ttl_hours: 24 },
      budget: { budget_usd_per_day: 12.5 },
      provider_keys: { gemini: { value: '  a-key-of-gemini\n' } },
    })
    assert.is(status, 200)
    assert.equal(body.ingest, { sync_response_timeout_sec: 52, ingest_ttl_sec: 52 })
    assert.equal(body.media_cache, { processed_media_ttl_hours: 24, public_link_ttl_sec: 52 })
    assert.is(body.budget.budget_usd_per_day, 12.5)
    const { updated_at: _, ...gemini } = body.provider_keys.gemini
    assert.equal(gemini, { is_configured: true, source: 'settings', updated_by: 'serg', extra: {} })
    assert.equal((await call('GET', '/api/settings')).body, body)
    assert.is((await app.providerKeys.findAccess('gemini')).apiKey, 'a-key-of-gemini')
    const later = await call('PUT', '/api/settings', { budget: { budget_usd_per_day: null } })
    assert.equal([later.body.budget.budget_usd_per_day, later.body.ingest.ingest_ttl_sec], [null, 52])
    assert.is((await sendPhoto(url, 'slot-001', { password: `${password}x` })).status, 401)
  }))

test('the event is set part by part, each audited, and guests see it at once', () =>
  withServer(async ({ app, url }, call) => {
    const first = {
      title: ' Anna & Max ',
      message: 'Thank you!',
      link: 'https://anna.example/',
      color: '#C0392b',
    }
    const set = await call('PUT', '/api/settings', { event: first })
    assert.equal(set.body.event, { ...first, title: 'Anna & Max' })
    await call('PUT', '/api/settings', { event: { message: '', color: null } })
    const event = { title: 'Anna & Max', message: '', link: 'https://anna.example/', color: null }
    assert.equal((await call('GET', '/api/settings')).body.event, event)
    assert.equal(await app.readEvent(), event)
    const { items } = (await call('GET', '/api/audit?target=event.color')).body
    assert.equal(
      items.map(({ before, after }: Record<string, unknown>) => [before, after]),
      [
        ['#C0392b', null],
        [null, '#C0392b'],
      ],
    )
    const page = await (await fetch(`${url}/r/018f0000-0000-7000-8000-000000000000`)).text()
    assert.match(page, 'Anna &amp; Max')
  }))

test('a new ingest password works at once and the old one no longer', () =>
  withServer(
    async ({ url, password }, call) => {
      const set = await call('PUT', '/api/settings', { dslr_password: { value: 'correct horse' } })
      assert.is(set.body.dslr_password.updated_by, 'serg')
      assert.is((await readError(await sendPhoto(url, 'slot-001', { password }))).code, 'invalid_credentials')
      assert.is((await sendPhoto(url, 'slot-001', { password: 'correct horse' })).status, 200)
      const rotated = await call('POST', '/api/settings/ingest-password/rotate')
      assert.is(rotated.status, 200)
      assert.equal(Object.keys(rotated.body), ['password'])
      assert.is((await sendPhoto(url, 'slot-001', { password: 'correct horse' })).status, 401)
      assert.is((await sendPhoto(url, 'slot-001', { password: rotated.body.password })).status, 200)
    },
    { workers: 1 },
  ))

test('what is wrong is 422 with the full path of every field, and then nothing is changed', () =>
  withServer(async ({ app }, call) => {
    const before = (await call('GET', '/api/settings')).body
    const cases: [unknown, string[]][] = [
      [{ ingest: { sync_response_timeout_sec: 44 } }, ['ingest.sync_response_timeout_sec']],
      [{ ingest: { sync_response_timeout_sec: 61 } }, ['ingest.sync_response_timeout_sec']],
      [{ ingest: { sync_response_timeout_sec: 50.5 } }, ['ingest.sync_response_timeout_sec']],
      [{ ingest: { sync_response_timeout_sec: '50' } }, ['ingest.sync_response_timeout_sec']],
      [{ ingest: { ingest_ttl_sec: 50 } }, ['ingest.ingest_ttl_sec']],
      [{ media_cache: { processed_media_ttl_hours: 0 } }, ['media_cache.processed_media_ttl_hours']],
      [{ media_cache: { processed_media_ttl_hours: 8761 } }, ['media_cache.processed_media_ttl_hours']],
      [{ budget: { budget_usd_per_day: -1 } }, ['budget.budget_usd_per_day']],
      [{ event: { title: 'x'.repeat(81) } }, ['event.title']],
      [{ event: { message: 'x'.repeat(301) } }, ['event.message']],
      [{ event: { link: 'javascript:alert(1)' } }, ['event.link']],
      [{ event: { color: 'red; background: url(x)' } }, ['event.color']],
      [{ event: { color: '#fff' } }, ['event.color']],
      [{ event: { place: 'here' } }, ['event.place']],
      [{ dslr_password: { value: 'seven77' } }, ['dslr_password.value']],
      [{ dslr_password: { value: 'x'.repeat(201) } }, ['dslr_password.value']],
      [{ dslr_password: {} }, ['dslr_password.value']],
      [{ colour: 'red' }, ['colour']],
      [{ provider_keys: { acme: { value: 'a-good-key' } } }, ['provider_keys.acme']],
      [{ provider_keys: { gemini: { value: 'short' } } }, ['provider_keys.gemini.value']],
      [{ provider_keys: { gemini: { value: 'x'.repeat(501) } } }, ['provider_keys.gemini.value']],
      [{ provider_keys: { gemini: { value: 'with a space' } } }, ['provider_keys.gemini.value']],
      [{ provider_keys: { gemini: { value: 'ключ-ключ-ключ' } } }, ['provider_keys.gemini.value']],
      [{ provider_keys: { gemini: { value: 'a-good-key', colour: 1 } } }, ['provider_keys.gemini.colour']],
      ...[
        'ftp://x.example',
        'file:///etc/passwd',
        'nonsense',
        'http://me:secret@x.example',
        'http://x.example/?a=1',
      ].map((base_url): [unknown, string[]] => [
        { provider_keys: { gemini: { value: 'a-good-key', extra: { base_url } } } },
        ['provider_keys.gemini.extra.base_url'],
      ]),
      [
        { provider_keys: { gemini: { extra: { region: 'eu' } } }, ingest: { sync_response_timeout_sec: 1 } },
        ['provider_keys.gemini.extra.region', 'ingest.sync_response_timeout_sec'],
      ],
    ]
    for (const [body, fields] of cases) {
      const answer = await call('PUT', '/api/settings', {
        media_cache: { processed_media_ttl_hours: 5 },
        ...(body as object),
      })
      assert.equal([answer.status, answer.body.error.code], [422, 'invalid_settings'], JSON.stringify(body))
      assert.equal(fieldsOf(answer), fields)
    }
    assert.equal((await call('GET', '/api/settings')).body, before)
    assert.is((await app.audit.list({ actor: 'serg' }, 10)).length, 0)
  }))

test('a change is audited for each setting, without what is secret', () =>
  withServer(async (_, call) => {
    await call('PUT', '/api/settings', {
      dslr_password: { value: 'correct horse' },
      ingest: { sync_response_timeout_sec: 52 },
      provider_keys: {
        openai: { value: 'a-key-of-openai', extra: { base_url: 'https://gate.example/v1/' } },
      },
    })
    const { items } = (await call('GET', '/api/audit?action=settings.updated&actor=serg')).body
    const sorted = items
      .map(({ target, before, after }: Record<string, unknown>) => [target, before, after])
      .sort()
    assert.equal(sorted, [
      ['dslr_password', { is_set: true }, { is_set: true }],
      ['ingest.sync_response_timeout_sec', 48, 52],
      ['provider_keys.openai', { is_set: false }, { is_set: true, base_url: 'https://gate.example/v1' }],
    ])
  }))

test('reading and writing need their rights', () =>
  withServer(async ({ url }) => {
    const nobody = callerWith(url, {})
    for (const [method, path] of [
      ['GET', '/api/settings'],
      ['PUT', '/api/settings'],
      ['POST', '/api/settings/ingest-password/rotate'],
      ['POST', '/api/settings/provider-keys/gemini/test'],
    ] as const) {
      assert.is((await nobody(method, path, method === 'PUT' ? {} : undefined)).status, 401, path)
    }
  }))

test('a key that one process sets is used by another at its next call, and so is the one of before', async () => {
  const stored = await startGeminiEmulator({ apiKey: 'key-that-is-stored' })
  const usual = await startGeminiEmulator({ apiKey: 'key-of-environment' })
  const input = { gemini_api_key: 'key-of-environment', gemini_base_url: usual.url }
  let other: App | undefined
  try {
    await withServer(async ({ dataDir, app }, call) => {
      const log = await createLog({ level: 'silent' })
      other = await openApp(app.config, { log })
      const scratchDir = join(dataDir, 'scratch')
      await mkdir(scratchDir)
      const run = async ({ providers }: App) => {
        const operation = providers.get('gemini')?.operations.image_edit
        if (!operation) throw new Error('There is no image_edit.')
        const settings = operation.settings.parse({ prompt: 'paint it' })
        return operation.run(taskIn(scratchDir, { settings }))
      }
      const counts = () => [stored.requests.length, usual.requests.length]
      const first = await other.fingerprintOf('gemini')
      await run(other)
      assert.equal(counts(), [0, 1])
      await call('PUT', '/api/settings', {
        provider_keys: { gemini: { value: 'key-that-is-stored', extra: { base_url: stored.url } } },
      })
      await run(other)
      await run(app)
      assert.equal(counts(), [2, 1])
      assert.is.not(await other.fingerprintOf('gemini'), first)
      await call('PUT', '/api/settings', { provider_keys: { gemini: { value: null } } })
      await run(other)
      assert.equal(counts(), [2, 2])
      assert.is(await other.fingerprintOf('gemini'), first)
      await call('PUT', '/api/settings', { provider_keys: { gemini: { value: 'one-that-is-refused' } } })
      assert.is((await rejectionOf(run(other))).code, 'auth_config')
    }, input)
  } finally {
    await other?.close()
    await stored.close()
    await usual.close()
  }
})

test('a key is tested with a call that costs nothing, and a refusal is said in the adapter’s words', async () => {
  const gemini = await startGeminiEmulator({ apiKey: 'a-key-of-gemini' })
  const openai = await startOpenaiEmulator({ apiKey: 'sk-of-openai' })
  try {
    await withServer(async (_, call) => {
      const testKey = async (id: string) => {
        const { status, body } = await call('POST', `/api/settings/provider-keys/${id}/test`)
        assert.is(status, 200)
        return body
      }
      const set = (id: string, value: string, base_url: string) =>
        call('PUT', '/api/settings', { provider_keys: { [id]: { value, extra: { base_url } } } })
      assert.equal([(await testKey('gemini')).ok, (await testKey('gemini')).code], [false, 'auth_config'])
      await set('gemini', 'a-key-of-gemini', gemini.url)
      assert.equal(await testKey('gemini'), {
        ok: true,
        code: null,
        message: 'Google Gemini accepts the key.',
      })
      await set('openai', 'sk-of-openai', openai.url)
      assert.is((await testKey('openai')).ok, true)
      await set('openai', 'sk-of-nobody', openai.url)
      const refused = await testKey('openai')
      assert.equal([refused.ok, refused.code], [false, 'auth_config'])
      assert.not(refused.message.includes('sk-of-nobody'))
      await set('gemini', 'one-that-is-refused', gemini.url)
      assert.equal([(await testKey('gemini')).ok, (await testKey('gemini')).code], [false, 'auth_config'])
      await set('gemini', 'a-key-of-gemini', 'http://127.0.0.1:9')
      assert.is((await testKey('gemini')).code, 'provider_unavailable')
      await call('PUT', '/api/settings', { provider_keys: { turbotext: { value: 'a-key-of-turbotext' } } })
      const turbotext = await testKey('turbotext')
      assert.equal([turbotext.ok, turbotext.code], [null, null])
      assert.match(turbotext.message, 'no call that costs nothing')
      assert.equal([openai.charged(), gemini.readState().charged], [0, 0])
      const unknown = await call('POST', '/api/settings/provider-keys/local/test')
      assert.equal([unknown.status, unknown.body.error.code], [404, 'not_found'])
    })
  } finally {
    await gemini.close()
    await openai.close()
  }
})

test('a server of one’s own without a list of models is not called wrong', async () => {
  const openai = await startOpenaiEmulator({ personality: 'selfhosted' })
  try {
    await withServer(async (_, call) => {
      const extra = { base_url: `${openai.origin}/elsewhere` }
      const set = await call('PUT', '/api/settings', { provider_keys: { openai: { extra } } })
      assert.is(set.body.provider_keys.openai.is_configured, true)
      assert.is((await call('POST', '/api/settings/provider-keys/openai/test')).body.ok, null)
    })
  } finally {
    await openai.close()
  }
})

test.run()
