// Whose address counts, behind proxies and beside them.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadConfig } from '../../src/config.ts'
import { readClient } from '../../src/http/client-of-request.ts'
import { parseAddressList } from '../../src/lib/addresses.ts'
import { sendPhoto } from '../support/booth.ts'
import { openTestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('http/client-of-request')

const read = (peer: string, headers: IncomingHttpHeaders, trusted: string) =>
  readClient(
    { socket: { remoteAddress: peer }, headers: { host: 'own:8000', ...headers } } as IncomingMessage,
    parseAddressList(trusted),
  )

const told = {
  'x-forwarded-for': '198.51.100.7',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'photos.example',
  forwarded: 'for=198.51.100.8;proto=https;host=other.example',
}
const own = { protocol: 'http', host: 'own:8000' }

test('what a peer says that is not trusted changes nothing', () => {
  assert.equal(read('203.0.113.9', told, ''), { address: '203.0.113.9', ...own })
  assert.equal(read('203.0.113.9', told, '10.0.0.0/8, loopback'), { address: '203.0.113.9', ...own })
})

test('a trusted proxy tells address, protocol and host', () => {
  const client = { address: '198.51.100.7', protocol: 'https', host: 'photos.example' }
  assert.equal(read('10.1.2.3', told, '10.0.0.0/8'), client)
  assert.equal(read('::ffff:127.0.0.1', told, 'loopback'), client)
  assert.equal(read('fd00::1', told, 'uniquelocal'), client)
  assert.equal(read('10.1.2.3', {}, '10.0.0.0/8'), { address: '10.1.2.3', ...own })
})

test('of a list counts the nearest address that is not a trusted proxy: the rest can be invented', () => {
  const forwardedFor = (list: string) => read('10.0.0.1', { 'x-forwarded-for': list }, '10.0.0.0/8').address
  assert.is(forwardedFor('1.1.1.1, 198.51.100.7, 10.0.0.2'), '198.51.100.7')
  assert.is(forwardedFor('10.0.0.9, 10.0.0.2'), '10.0.0.9')
  assert.is(forwardedFor('198.51.100.7, nonsense'), '10.0.0.1')
  assert.is(forwardedFor('198.51.100.7:4711'), '198.51.100.7')
  assert.is(forwardedFor('[2001:db8::1]:4711'), '2001:db8::1')
})

test('Forwarded counts where no X-Forwarded header is there, and never beside one', () => {
  const { forwarded } = told
  assert.equal(read('10.0.0.1', { forwarded }, '10.0.0.0/8'), {
    address: '198.51.100.8',
    protocol: 'https',
    host: 'other.example',
  })
  const chain = 'for=1.1.1.1, For="[2001:db8:cafe::17]:4711";Proto=https, for=10.0.0.2;proto=http'
  assert.equal(read('10.0.0.1', { forwarded: chain }, '10.0.0.0/8'), { address: '2001:db8:cafe::17', ...own })
  assert.is(read('10.0.0.1', { forwarded, 'x-forwarded-for': '1.2.3.4' }, '10.0.0.0/8').address, '1.2.3.4')
})

test('protocols and hosts that are none are passed over', () => {
  const odd = { 'x-forwarded-proto': 'javascript', 'x-forwarded-host': 'a"><script>' }
  assert.equal(read('10.0.0.1', odd, '10.0.0.0/8'), { address: '10.0.0.1', ...own })
})

test('a list that is none stops the start', () => {
  assert.throws(
    () => loadConfig({}, { PHOTOCHANGER_TRUSTED_PROXIES: 'loopback, 10.0.0.0/99' }),
    /PHOTOCHANGER_TRUSTED_PROXIES must list addresses.*10\.0\.0\.0\/99/,
  )
})

for (const { trusted_proxies, address, name } of [
  { trusted_proxies: '', address: '127.0.0.1', name: 'an untrusted peer cannot invent' },
  { trusted_proxies: 'loopback', address: '198.51.100.7', name: 'a trusted proxy tells' },
]) {
  test(`${name} the address in log, inspector and log-in throttle, nor https for cookies`, async () => {
    const server = await openTestServer({ workers: 0, trusted_proxies })
    const headers = { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'https' }
    const isTrusted = trusted_proxies !== ''
    try {
      const health = await fetch(`${server.url}/healthz`, { headers })
      assert.is(health.headers.has('strict-transport-security'), isTrusted)
      const lineOf = (path: string) =>
        server.logged.find((line) => line.event === 'request.done' && line.path === path)
      await until(() => lineOf('/healthz') !== undefined, 'the request is logged')
      assert.is(lineOf('/healthz')?.address, address)

      const [admin] = server.app.credentials?.admins ?? []
      const body = (password: string) => JSON.stringify({ username: admin?.username, password })
      const json = { ...headers, 'content-type': 'application/json' }
      const post = (text: string) =>
        fetch(`${server.url}/api/session`, { method: 'POST', headers: json, body: text })
      await post(body('wrong'))
      assert.is(server.logged.find(({ event }) => event === 'login.failed')?.address, address)
      const session = await post(JSON.stringify(admin))
      assert.is(/; Secure/.test(session.headers.get('set-cookie') ?? ''), isTrusted)

      await fetch(`${server.url}/ingest/slot-001`, { method: 'POST', headers })
      await until(async () => (await server.app.inspector.list({}, 1)).length === 1, 'it is noted')
      assert.is((await server.app.inspector.list({}, 1))[0]?.address, address)
    } finally {
      await server.close()
    }
  })
}

test('behind a trusted proxy one guest who guesses does not slow down another', async () => {
  const server = await openTestServer({ workers: 0, trusted_proxies: 'loopback' })
  const wrong = (address: string) => {
    const form = new FormData()
    form.append('password', 'wrong')
    const headers = { 'x-forwarded-for': address }
    return fetch(`${server.url}/ingest/slot-001`, { method: 'POST', headers, body: form })
  }
  try {
    let status = 401
    for (let guess = 0; guess < 11; guess += 1) status = (await wrong('198.51.100.7')).status
    assert.is(status, 429)
    assert.is((await wrong('198.51.100.8')).status, 401)
    assert.is((await sendPhoto(server.url, 'slot-001', { password: 'wrong' })).status, 401)
  } finally {
    await server.close()
  }
})

test.run()
