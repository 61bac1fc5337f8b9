import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { allPermissions } from '../../src/accounts/permissions.ts'
import { openApp } from '../../src/app.ts'
import { startServer } from '../../src/server.ts'
import { callerWith, logIn } from '../support/api.ts'
import { createTestClock } from '../support/clock.ts'
import { openTestServer, type TestServer } from '../support/server.ts'

const test = suite('api/session')

const passwordOf = ({ app }: TestServer, username: string) =>
  app.credentials?.admins.find((account) => account.username === username)?.password ?? ''

async function withServer(
  work: (server: TestServer & ReturnType<typeof withClock>) => Promise<void>,
  input: Parameters<typeof openTestServer>[0] = {},
) {
  const extras = withClock()
  const server = await openTestServer({ workers: 0, clock: extras.clock, ...input })
  try {
    await work({ ...server, ...extras })
  } finally {
    await server.close()
  }
}

const withClock = () => ({ clock: createTestClock() })

/** A browser: keeps the cookie and sends it with everything. */
async function browse(server: TestServer, username = 'serg') {
  const anonymous = callerWith(server.url, {})
  const opened = await anonymous('POST', '/api/session', { username, password: passwordOf(server, username) })
  const setCookie = opened.headers.get('set-cookie') ?? ''
  const cookie = setCookie.split(';')[0] ?? ''
  return { opened, setCookie, cookie, call: callerWith(server.url, { cookie }) }
}

test('a token is given for the right pair and opens what its account may', () =>
  withServer(async (server) => {
    const anonymous = callerWith(server.url, {})
    const { status, body, headers } = await anonymous('POST', '/api/login', {
      username: 'Serg',
      password: passwordOf(server, 'serg'),
    })
    assert.is(status, 200)
    assert.equal(Object.keys(body), ['access_token', 'token_type', 'expires_in_sec'])
    assert.equal([body.token_type, body.expires_in_sec], ['bearer', 3600])
    assert.is(headers.get('cache-control'), 'no-store')
    assert.is(headers.get('set-cookie'), null)
    const call = callerWith(server.url, { authorization: `Bearer ${body.access_token}` })
    assert.is((await call('GET', '/api/audit')).status, 200)
    server.clock.advance(3_606_000)
    assert.is((await call('GET', '/api/audit')).status, 401)
  }))

test('every wrong pair has one and the same answer', () =>
  withServer(async ({ url }) => {
    const anonymous = callerWith(url, {})
    const answers = []
    for (const path of ['/api/login', '/api/session'])
      for (const username of ['serg', 'nobody', 'not a name at all', '']) {
        const { status, body, headers } = await anonymous('POST', path, { username, password: 'guess' })
        answers.push(
          JSON.stringify([status, body, headers.get('www-authenticate'), headers.get('set-cookie')]),
        )
      }
    assert.is(new Set(answers).size, 1)
    assert.match(answers[0] ?? '', /^\[401,.*invalid_credentials/)
  }))

test('what is not a pair is refused before anything is checked', () =>
  withServer(async ({ url }) => {
    const anonymous = callerWith(url, {})
    assert.is((await anonymous('POST', '/api/login', { username: 'serg' })).status, 400)
    const pair = JSON.stringify({ username: 'serg', password: 'x' })
    const asText = await anonymous('POST', '/api/session', pair, { 'content-type': 'text/plain' })
    assert.is(asText.status, 415, 'another site’s form cannot log anybody in')
  }))

test('who guesses has to wait, as long as the answer says, and a restart forgets nothing', () =>
  withServer(async (server) => {
    const guess = (url: string, username: string) =>
      callerWith(url, {})('POST', '/api/login', { username, password: 'guess' })
    for (let failure = 1; failure <= 6; failure++) assert.is((await guess(server.url, 'igor')).status, 401)
    const blocked = await guess(server.url, 'igor')
    assert.equal(
      [blocked.status, blocked.body.error.code, blocked.headers.get('retry-after')],
      [429, 'too_many_attempts', '1'],
    )
    assert.is((await guess(server.url, 'nobody')).status, 401, 'the other account')

    const again = await openApp(server.app.config, { log: server.app.log, clock: server.clock })
    const restarted = await startServer(again, { host: '127.0.0.1', port: 0 })
    assert.is((await guess(restarted.url, 'igor')).status, 429)
    server.clock.advance(1000)
    assert.is((await guess(restarted.url, 'igor')).status, 401)
    assert.is((await guess(server.url, 'igor')).headers.get('retry-after'), '2')
    await restarted.letGo()
    await again.close()
  }))

test('an address has to wait after thirty failures, whoever it guesses at', () =>
  withServer(async (server) => {
    const anonymous = callerWith(server.url, {})
    for (let failure = 1; failure <= 30; failure++)
      await server.app.sessions
        .logIn({ username: `user-${failure}`, password: 'guess', address: '127.0.0.1' })
        .catch(() => undefined)
    const pair = { username: 'serg', password: passwordOf(server, 'serg') }
    const blocked = await anonymous('POST', '/api/session', pair)
    assert.equal([blocked.status, blocked.headers.get('retry-after')], [429, '900'])
    server.clock.advance(900_000)
    assert.is((await anonymous('POST', '/api/session', pair)).status, 201)
  }))

test('a session’s cookie is out of the reach of scripts and other sites', () =>
  withServer(async (server) => {
    const { opened, setCookie } = await browse(server)
    assert.equal(
      [opened.status, opened.body.username, opened.body.permissions, opened.body.expires_in_sec],
      [201, 'serg', [...allPermissions], 43_200],
    )
    assert.match(
      setCookie,
      /^photochanger_session=[\w-]+\.[\w-]+\.[\w-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    )
    assert.not(JSON.stringify(opened.body).includes(setCookie.split(/[=;]/)[1] ?? ''))
  }))

test('behind https the cookie goes over https alone', () =>
  withServer(
    async (server) => {
      assert.match((await browse(server)).setCookie, /; Secure$/)
    },
    { public_url: 'https://photos.example.org' },
  ))

test('with the cookie reading needs nothing more, and writing the CSRF token of this session', () =>
  withServer(async (server) => {
    const { call, opened, cookie } = await browse(server)
    const { csrf_token } = opened.body
    assert.equal((await call('GET', '/api/session')).body, opened.body)
    assert.is((await call('GET', '/api/accounts')).status, 200)
    const add = (headers: Record<string, string>, caller = call) =>
      caller('POST', '/api/accounts', { username: 'olga', permissions: [] }, headers)
    const other = await browse(server, 'igor')
    for (const token of ['', 'x', `${csrf_token}x`, other.opened.body.csrf_token]) {
      const refused = await add(token ? { 'x-csrf-token': token } : {})
      assert.equal([refused.status, refused.body.error.code], [403, 'forbidden'], token)
    }
    // A password that a proxy in front asks for is not a token.
    const behindProxy = callerWith(server.url, { cookie, authorization: 'Basic c2VyZzp4' })
    assert.is((await add({}, behindProxy)).status, 403)
    assert.is((await add({ 'x-csrf-token': csrf_token }, behindProxy)).status, 201)
    // A token that was put into the header on purpose needs no proof that it was.
    const bearer = await logIn(server)
    assert.is((await bearer('DELETE', '/api/accounts/olga')).status, 204)
  }))

test('logging out ends this session, removes its cookie, and leaves the others', () =>
  withServer(async (server) => {
    const [one, other] = [await browse(server), await browse(server)]
    assert.is((await one.call('DELETE', '/api/session')).status, 403, 'not without the CSRF token')
    const closed = await one.call('DELETE', '/api/session', undefined, {
      'x-csrf-token': one.opened.body.csrf_token,
    })
    assert.is(closed.status, 204)
    assert.match(
      closed.headers.get('set-cookie') ?? '',
      /^photochanger_session=; Path=\/; Max-Age=0; HttpOnly/,
    )
    assert.is((await one.call('GET', '/api/session')).status, 401)
    assert.is((await other.call('GET', '/api/session')).status, 200)
    const bearer = await logIn(server)
    assert.is((await bearer('DELETE', '/api/session')).status, 204)
    assert.is((await bearer('GET', '/api/session')).status, 401)
  }))

test('one’s own password is changed with the current one, and slowed down like logging in', () =>
  withServer(async (server) => {
    const { call, opened } = await browse(server)
    const change = (current_password: string, new_password: string) =>
      call(
        'POST',
        '/api/session/password',
        { current_password, new_password },
        {
          'x-csrf-token': opened.body.csrf_token,
        },
      )
    const short = await change(passwordOf(server, 'serg'), 'elevenchars')
    assert.equal([short.status, short.body.error.details.fields[0].field], [400, 'new_password'])
    for (let failure = 1; failure <= 6; failure++)
      assert.is((await change('guess', 'a long new password')).status, 401)
    const blocked = await change(passwordOf(server, 'serg'), 'a long new password')
    assert.equal([blocked.status, blocked.headers.get('retry-after')], [429, '1'])
    server.clock.advance(1000)
    assert.is((await change(passwordOf(server, 'serg'), 'a long new password')).status, 204)
    assert.is((await call('GET', '/api/session')).status, 401)
    const anonymous = callerWith(server.url, {})
    const again = { username: 'serg', password: 'a long new password' }
    assert.is((await anonymous('POST', '/api/login', again)).status, 200)
  }))

test('no password and no token is logged', () =>
  withServer(async (server) => {
    const { cookie } = await browse(server)
    await callerWith(server.url, {})('POST', '/api/login', {
      username: 'my-secret-password',
      password: 'guess-1',
    })
    const text = JSON.stringify(server.logged)
    assert.match(text, 'login.succeeded')
    assert.match(text, 'login.failed')
    for (const secret of [
      passwordOf(server, 'serg'),
      cookie.split('=')[1] ?? '',
      'my-secret-password',
      'guess-1',
    ])
      assert.not(text.includes(secret))
  }))

test('tokens of a secret from the configuration are good where that secret is', () =>
  withServer(
    async (server) => {
      const { accessToken } = await server.app.sessions.issue({ username: 'serg' })
      const openWith = async (jwtSecrets: string[] | undefined) => {
        const other = await openApp(
          { ...server.app.config, jwtSecrets },
          { log: server.app.log, clock: server.clock },
        )
        const credentials = { session: undefined, csrfToken: '', isReading: true }
        const outcome = await other.sessions
          .authenticate({ authorization: `Bearer ${accessToken}`, ...credentials })
          .then(({ username }) => username)
          .catch((error) => error.code)
        await other.close()
        return outcome
      }
      assert.is(await openWith(['b'.repeat(32), 'a'.repeat(32)]), 'serg')
      assert.is(await openWith(['b'.repeat(32)]), 'invalid_token')
      assert.is(await openWith(undefined), 'invalid_token')
    },
    { jwt_secret: 'a'.repeat(32) },
  ))

test.run()
