// What every answer carries, whoever gives it, and that other sites get no permission at all.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sendPhoto } from '../support/booth.ts'
import { openRaw } from '../support/raw-http.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'

const test = suite('http/security-headers')

let server: TestServer
let picturePath: string

test.before(async () => {
  server = await openTestServer()
  await useEcho(server, 'slot-001')
  const answer = await sendPhoto(server.url, 'slot-001', { password: server.password })
  picturePath = `/public/results/${answer.headers.get('x-job-id')}`
  await answer.arrayBuffer()
})

test.after(() => server.close())

async function logIn(): Promise<string> {
  const [admin] = server.app.credentials?.admins ?? []
  const response = await fetch(`${server.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(admin),
  })
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

test('pages, JSON, pictures, files and errors all carry them, and none lets other sites read', async () => {
  const cookie = await logIn()
  const paths = [
    '/login',
    '/',
    '/slots',
    '/docs',
    '/openapi.json',
    '/api/slots',
    '/healthz',
    '/metrics',
    '/gallery',
  ]
  const more = [
    picturePath,
    `${picturePath}/thumbnail`,
    picturePath.replace('public/results', 'r'),
    '/assets/api.js',
  ]
  for (const path of [...paths, ...more, '/nothing', '/ingest/slot-001']) {
    const headers = { cookie, origin: 'https://evil.example' }
    const response = await fetch(server.url + path, { headers })
    await response.arrayBuffer()
    const header = (name: string) => response.headers.get(name)
    assert.is(header('x-content-type-options'), 'nosniff', path)
    assert.match(header('content-security-policy') ?? '', /default-src '(none|self)'/, path)
    assert.match(header('content-security-policy') ?? '', /frame-ancestors 'none'/, path)
    assert.not.match(header('content-security-policy') ?? '', /script-src|unsafe-eval/, path)
    assert.match(header('referrer-policy') ?? '', /^(no-referrer|same-origin)$/, path)
    assert.match(header('permissions-policy') ?? '', 'camera=()', path)
    assert.is(header('cross-origin-opener-policy'), 'same-origin', path)
    assert.is(header('access-control-allow-origin'), null, path)
    assert.is(header('strict-transport-security'), null, path)
  }
})

test('other sites may show public pictures, and nothing else', async () => {
  const policyOf = async (path: string) => {
    const response = await fetch(server.url + path)
    await response.arrayBuffer()
    return response.headers.get('cross-origin-resource-policy')
  }
  assert.is(await policyOf(picturePath), 'cross-origin')
  assert.is(await policyOf(`${picturePath.replace('public/results', 'r')}/picture`), 'cross-origin')
  assert.is(await policyOf('/healthz'), 'same-origin')
})

test('a preflight is answered without permission', async () => {
  for (const path of ['/api/slots/slot-001', '/api/session', '/ingest/slot-001', picturePath]) {
    const response = await fetch(server.url + path, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://evil.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'content-type,x-csrf-token',
      },
    })
    const allowed = [...response.headers.keys()].filter((name) => name.startsWith('access-control-'))
    assert.equal(allowed, [], path)
  }
})

test("another site's POST with the session cookie is refused", async () => {
  const cookie = await logIn()
  const send = (type: string, body: string) =>
    fetch(`${server.url}/api/slots/slot-001/reset_stats`, {
      method: 'POST',
      headers: { cookie, origin: 'https://evil.example', 'content-type': type },
      body,
    })
  assert.is((await send('application/json', '{}')).status, 403)
  assert.is((await send('text/plain', '{}')).status, 403)
  assert.is((await send('application/x-www-form-urlencoded', 'a=b')).status, 403)
})

test('what is no HTTP, or has headers without end, is answered in our shape', async () => {
  const broken = await openRaw(server.url)
  broken.send('NONSENSE\r\n\r\n')
  const refusal = await broken.ended()
  assert.match(refusal, /^HTTP\/1\.1 400 /)
  assert.match(refusal, /"code":"invalid_request"/)
  assert.match(refusal, /X-Content-Type-Options: nosniff/)

  const endless = await openRaw(server.url)
  endless.send(`GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: ${'a'.repeat(64 * 1024)}\r\n\r\n`)
  const tooLong = await endless.ended()
  assert.match(tooLong, /^HTTP\/1\.1 431 /)
  assert.match(tooLong, /"code":"headers_too_large"/)
})

test.run()
