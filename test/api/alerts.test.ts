import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { logIn } from '../support/api.ts'
import { openReceiver } from '../support/receiver.ts'
import { openTestServer } from '../support/server.ts'

const test = suite('api/alerts')

async function withParts(
  work: (parts: {
    server: Awaited<ReturnType<typeof openTestServer>>
    call: Awaited<ReturnType<typeof logIn>>
    receiver: Awaited<ReturnType<typeof openReceiver>>
  }) => Promise<void>,
) {
  const server = await openTestServer({ workers: 0 })
  const receiver = await openReceiver()
  try {
    await work({ server, receiver, call: await logIn(server) })
  } finally {
    await receiver.close()
    await server.close()
  }
}

test('a test message arrives in the words that are set, and its address is never given back', () =>
  withParts(async ({ call, receiver: { url, received } }) => {
    const body = { url: `${url}/topic-secret?auth=abc`, shape: 'json', language: 'ru' }
    const set = await call('PUT', '/api/alerts', body)
    assert.equal([set.status, set.body.is_set, set.body.host], [200, true, new URL(url).host])
    const sent = await call('POST', '/api/alerts/test')
    assert.equal(sent.body, { is_delivered: true, status: 200, problem: null })
    assert.equal(
      received.map(({ path }) => path),
      ['/topic-secret?auth=abc'],
    )
    const message = JSON.parse(received[0]?.body ?? '')
    assert.equal([message.event, message.key], ['test', null])
    assert.match(message.title, /[а-я]{4}/i)
    assert.not.match(JSON.stringify((await call('GET', '/api/alerts')).body), 'topic-secret')
  }))

test('a refused message says why after one try, and one that arrives ends the concern about it', () =>
  withParts(async ({ server: { app }, call, receiver: { url, received, answer } }) => {
    await call('PUT', '/api/alerts', { url })
    const isTold = async () =>
      (await app.health.listConcerns()).some(({ key }) => key === 'alerts_undelivered')
    answer.status = 403
    const refused = await call('POST', '/api/alerts/test')
    assert.equal(refused.body, { is_delivered: false, status: 403, problem: 'HTTP 403' })
    assert.is(received.length, 1)
    await app.db.query.updateTable('alert_runner').set({ failing_since: 1, problem: 'HTTP 403' }).execute()
    assert.ok(await isTold())
    answer.status = 200
    await call('POST', '/api/alerts/test')
    assert.not(await isTold())
  }))

test('without an address there is nothing to send to, and what cannot be one is refused', () =>
  withParts(async ({ call, receiver: { url } }) => {
    const nothing = await call('POST', '/api/alerts/test')
    assert.equal([nothing.status, nothing.body.error.details.fields[0].field], [422, 'url'])
    const noChat = await call('PUT', '/api/alerts', { url, shape: 'telegram' })
    assert.equal([noChat.status, noChat.body.error.details.fields[0].field], [422, 'chat_id'])
    const noUrl = await call('PUT', '/api/alerts', { url: 'ntfy.sh/topic' })
    assert.equal([noUrl.status, noUrl.body.error.details.fields[0].field], [422, 'url'])
    await call('PUT', '/api/alerts', { url })
    assert.is((await call('PUT', '/api/alerts', { url: null })).body.is_set, false)
    assert.is((await call('POST', '/api/alerts/test')).status, 422)
  }))

test.run()
