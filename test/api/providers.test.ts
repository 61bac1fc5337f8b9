import { Ajv2020 } from 'ajv/dist/2020.js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { logIn } from '../support/api.ts'
import { openTestServer } from '../support/server.ts'

const test = suite('api/providers')

test('providers are listed with what their operations need, take and cost', async () => {
  const server = await openTestServer({ workers: 0, openai_api_key: 'a-key-of-openai' })
  try {
    const call = await logIn(server)
    const { status, body } = await call('GET', '/api/providers')
    assert.is(status, 200)
    assert.equal(
      body.items.map(({ id, is_configured }: Record<string, unknown>) => [id, is_configured]),
      [
        ['local', true],
        ['gemini', false],
        ['turbotext', false],
        ['openai', true],
        ['echo', true],
      ],
    )
    const [local, gemini] = body.items
    assert.equal(gemini.limits, { concurrency: null, per_minute: 500, per_day: 2000 })
    const style = gemini.operations.find(({ id }: { id: string }) => id === 'style_transfer')
    assert.equal(style.needs, ['style'])
    assert.ok(style.accepts.includes('image/jpeg'))
    assert.ok(style.price_usd > 0)
    assert.ok(style.usual_latency_ms.p90 > style.usual_latency_ms.p50)
    assert.equal([local.operations[0].price_usd, local.operations[0].usual_latency_ms], [0, null])

    const schema = style.settings_schema
    const isValid = new Ajv2020({ strict: false, formats: { uri: true } }).compile(schema)
    assert.is(isValid({ prompt: 'paint it' }), true, 'defaults need not be given')
    assert.is(isValid({}), false)
    assert.is(isValid({ prompt: 'paint it', colour: 'red' }), false)
    assert.ok(schema.properties.prompt.description)
  } finally {
    await server.close()
  }
})

test('a key that is set makes its provider usable at once', async () => {
  const server = await openTestServer({ workers: 0 })
  try {
    const call = await logIn(server)
    const isConfigured = async () => (await call('GET', '/api/providers')).body.items[1].is_configured
    assert.is(await isConfigured(), false)
    await call('PUT', '/api/settings', { provider_keys: { gemini: { value: 'a-key-of-gemini' } } })
    assert.is(await isConfigured(), true)
    const slot = await server.app.slots.update('slot-004', {
      providerId: 'gemini',
      operationId: 'image_edit',
      settings: { prompt: 'paint it' },
    })
    assert.is(slot.providerId, 'gemini')
  } finally {
    await server.close()
  }
})

test.run()
