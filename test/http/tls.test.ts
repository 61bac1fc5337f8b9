// https by the server itself: what it speaks, what it refuses to start with, and a certificate that is renewed.
import { copyFile, readFile, rename, rm, symlink } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect, type TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../src/errors.ts'
import { readTls } from '../../src/http/tls.ts'
import { makeFolder } from '../support/folder.ts'
import { openRaw } from '../support/raw-http.ts'
import { openTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('http/tls')
const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url))
const pair = (name: string) => ({ tls_cert: fixture(`${name}.crt`), tls_key: fixture(`${name}.key`) })

async function withServer(work: (server: TestServer) => Promise<void>, options: object) {
  const server = await openTestServer({ workers: 0, ...options })
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

async function ask(url: string, path: string, { body = '' } = {}): Promise<Answer> {
  const ca = await readFile(fixture('one.crt'))
  return new Promise((resolve, reject) => {
    const headers = body ? { 'content-type': 'application/json' } : {}
    const req = request(
      url + path,
      { ca, agent: false, method: body ? 'POST' : 'GET', headers },
      (response) => {
        const { statusCode: status = 0, headers } = response
        text(response).then((body) => resolve({ status, headers, body }), reject)
      },
    )
    req.on('error', reject)
    req.end(body)
  })
}

/** The name in the certificate that a new connection is shown. */
function nameShown(url: string, options = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect(
      { port: Number(new URL(url).port), host: '127.0.0.1', rejectUnauthorized: false, ...options },
      () => {
        resolve(String(socket.getPeerCertificate().subject.CN))
        socket.destroy()
      },
    )
    socket.on('error', reject)
  })
}

test('with certificate and key the server speaks https, and its links say so', () =>
  withServer(async (server) => {
    assert.match(server.url, /^https:\/\/127\.0\.0\.1:\d+$/)
    assert.is(server.app.publicUrl(), server.url)
    const { status, headers } = await ask(server.url, '/healthz')
    assert.is(status, 200)
    assert.match(String(headers['strict-transport-security']), /^max-age=\d+$/)
  }, pair('one')))

test('the cookies of a session are for https alone', () =>
  withServer(async (server) => {
    const [admin] = server.app.credentials?.admins ?? []
    const { status, headers } = await ask(server.url, '/api/session', { body: JSON.stringify(admin) })
    assert.is(status, 201)
    assert.match(String(headers['set-cookie']), /photochanger_session=.*; Secure/)
  }, pair('one')))

test('TLS older than 1.2 is refused, and only HTTP/1.1 is offered', () =>
  withServer(async ({ url }) => {
    assert.is(await nameShown(url, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }), 'photochanger-test-one')
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }
    const refusal = await nameShown(url, old).catch((error: NodeJS.ErrnoException) => error)
    assert.match(String((refusal as NodeJS.ErrnoException).code), /PROTOCOL_VERSION/)
    const modern = await nameShown(url, { ALPNProtocols: ['h2'] }).catch((error: Error) => error)
    assert.instance(modern, Error)
  }, pair('one')))

async function reasonOf(tls_cert: string, tls_key: string): Promise<string> {
  try {
    await readTls({ certPath: tls_cert, keyPath: tls_key })
  } catch (error) {
    assert.instance(error, AppError)
    assert.is((error as AppError).code, 'invalid_config')
    return (error as AppError).message
  }
  return assert.unreachable('the pair was accepted') as never
}

test('a pair that cannot work stops the start and says why', async () => {
  const one = { cert: fixture('one.crt'), key: fixture('one.key') }
  assert.match(await reasonOf('/nowhere/a.crt', one.key), /Cannot read .*\/nowhere\/a\.crt.*ENOENT/)
  assert.match(await reasonOf(one.cert, '/nowhere/a.key'), /Cannot read .*\/nowhere\/a\.key/)
  assert.match(await reasonOf(one.cert, fixture('two.key')), /two\.key does not belong to .*one\.crt/)
  assert.match(await reasonOf(one.key, one.key), /one\.key holds no certificate/)
  assert.match(await reasonOf(one.cert, one.cert), /one\.crt holds no private key/)
})

const filesOf = (name: string) => ({ certPath: fixture(`${name}.crt`), keyPath: fixture(`${name}.key`) })

/** The term of the certificate that is shown, as the overview and the metrics know it. */
async function told(app: TestServer['app']) {
  const { certificate } = await app.health.read()
  assert.ok(certificate && 'expiresAt' in certificate)
  return certificate
}

test('how long the certificate is good for is a metric, and nothing where there is none', async () => {
  const metricOf = async (url: string) => {
    const { body } = await ask(url, '/metrics')
    return /^photochanger_tls_certificate_days_left (\S+)$/m.exec(body)?.[1]
  }
  await withServer(async ({ url, app }) => {
    const days = ((await told(app)).expiresAt - app.clock.now()) / 86_400_000
    assert.ok(Math.abs(Number(await metricOf(url)) - days) < 0.01)
  }, pair('one'))
  await withServer(async ({ url }) => {
    const page = await (await fetch(`${url}/metrics`)).text()
    assert.not.match(page, /^photochanger_tls_certificate_days_left /m)
  }, {})
})

test('an expired certificate is used, with a warning', () =>
  withServer(
    async ({ app, url, logged }) => {
      assert.ok((await app.health.listConcerns()).some(({ key }) => key === 'certificate_expired'))
      assert.is(await nameShown(url), 'photochanger-test-expired')
      assert.ok(logged.some(({ event, level }) => event === 'tls.certificate_expired' && level === 'warn'))
    },
    { tls_cert: fixture('expired.crt'), tls_key: fixture('one.key') },
  ))

test('a certificate that was renewed over a link is used by new connections, and old ones go on', async () => {
  const folder = await makeFolder()
  const at = (name: string) => join(folder.path, name)
  // As certbot does it: the names stay, the links lead elsewhere.
  async function point(name: string) {
    for (const end of ['crt', 'key']) {
      await symlink(fixture(`${name}.${end}`), at(`next.${end}`))
      await rename(at(`next.${end}`), at(`live.${end}`))
    }
  }
  await point('one')
  await withServer(
    async ({ app, url, logged }) => {
      assert.is((await told(app)).expiresAt, (await readTls(filesOf('one'))).expiresAt)
      const held = await openRaw(url, await readFile(fixture('one.crt'), 'utf8'))
      held.send('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
      await held.until(/\{"status":"ok"\}/)
      await point('two')
      await until(() => logged.some(({ event }) => event === 'tls.reloaded'), 'the new pair is in use')
      assert.is(await nameShown(url), 'photochanger-test-two')
      assert.is((await told(app)).expiresAt, (await readTls(filesOf('two'))).expiresAt)
      held.send('GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n')
      await held.until(/"checks"/)
      held.close()
    },
    { tls_cert: at('live.crt'), tls_key: at('live.key'), http: { lookForTlsEveryMs: 20 } },
  )
  await folder.remove()
})

test('a broken new pair keeps the old one and is logged, and a missing file too', async () => {
  const folder = await makeFolder()
  const [cert, key] = [join(folder.path, 'a.crt'), join(folder.path, 'a.key')]
  await copyFile(fixture('one.crt'), cert)
  await copyFile(fixture('one.key'), key)
  await withServer(
    async ({ url, logged }) => {
      const warnings = () => logged.filter(({ event }) => event === 'tls.not_reloaded').length
      await copyFile(fixture('two.crt'), cert)
      await until(() => warnings() === 1, 'the pair that does not fit was noticed')
      assert.is(await nameShown(url), 'photochanger-test-one')
      await rm(cert)
      await until(() => warnings() === 2, 'the missing file was noticed')
      assert.is(await nameShown(url), 'photochanger-test-one')
      await copyFile(fixture('two.key'), key)
      await copyFile(fixture('two.crt'), cert)
      await until(() => logged.some(({ event }) => event === 'tls.reloaded'), 'the whole pair is in use')
      assert.is(await nameShown(url), 'photochanger-test-two')
    },
    { tls_cert: cert, tls_key: key, http: { lookForTlsEveryMs: 20 } },
  )
  await folder.remove()
})

test.run()
