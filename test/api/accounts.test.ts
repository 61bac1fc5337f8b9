import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { callerWith, logIn } from '../support/api.ts'
import { openTestServer, type TestServer } from '../support/server.ts'

const test = suite('api/accounts')

async function withServer(work: (server: TestServer) => Promise<void>) {
  const server = await openTestServer({ workers: 0 })
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

const tokenFor = async (server: TestServer, username: string, password: string) => {
  const answer = await callerWith(server.url, {})('POST', '/api/login', { username, password })
  return callerWith(server.url, { authorization: `Bearer ${answer.body.access_token}` })
}

test('an account is added, logs in with the password that was shown, and is listed without it', () =>
  withServer(async (server) => {
    const call = await logIn(server)
    const added = await call('POST', '/api/accounts', {
      username: 'Olga',
      permissions: ['stats:read', 'slots:read'],
    })
    assert.is(added.status, 201)
    assert.equal([added.body.username, added.body.permissions], ['olga', ['slots:read', 'stats:read']])
    const olga = await tokenFor(server, 'OLGA', added.body.password)
    assert.is((await olga('GET', '/api/session')).body.username, 'olga')
    assert.is((await olga('GET', '/api/accounts')).status, 403)

    const listed = await call('GET', '/api/accounts')
    assert.equal(
      listed.body.items.map(({ username }: { username: string }) => username),
      ['igor', 'olga', 'serg'],
    )
    assert.equal(Object.keys(listed.body.items[0]), ['username', 'permissions', 'created_at', 'updated_at'])
    assert.not.match(JSON.stringify(listed.body), /password|argon2/)
    assert.is(
      (await call('POST', '/api/accounts', { username: 'OLGA', permissions: [] })).body.error.code,
      'account_exists',
    )
  }))

test('rights, password and removal count at the next request', () =>
  withServer(async (server) => {
    const call = await logIn(server)
    const { password } = (await call('POST', '/api/accounts', { username: 'olga', permissions: [] })).body
    const olga = await tokenFor(server, 'olga', password)
    assert.is((await olga('GET', '/api/audit')).status, 403)
    const changed = await call('PUT', '/api/accounts/Olga', { permissions: ['settings:read'] })
    assert.equal([changed.status, changed.body.permissions], [200, ['settings:read']])
    assert.is((await olga('GET', '/api/audit')).status, 200)

    const reset = await call('POST', '/api/accounts/olga/password')
    assert.is(reset.status, 200)
    assert.not.equal(reset.body.password, password)
    assert.is((await olga('GET', '/api/session')).status, 401)
    const again = await tokenFor(server, 'olga', reset.body.password)
    assert.is((await again('GET', '/api/session')).status, 200)

    assert.is((await call('DELETE', '/api/accounts/olga')).status, 204)
    assert.is((await again('GET', '/api/session')).status, 401)
    const actions = (await call('GET', '/api/audit?target=olga')).body.items
    assert.equal(
      actions.map(({ action, actor }: { action: string; actor: string }) => `${action} ${actor}`),
      [
        'account.removed serg',
        'account.password_changed serg',
        'account.rights_changed serg',
        'account.added serg',
      ],
    )
  }))

test('the last account that may change settings stays', () =>
  withServer(async (server) => {
    const call = await logIn(server)
    assert.is((await call('PUT', '/api/accounts/igor', { permissions: ['settings:read'] })).status, 200)
    for (const refused of [
      await call('DELETE', '/api/accounts/serg'),
      await call('PUT', '/api/accounts/serg', { permissions: ['settings:read'] }),
    ])
      assert.equal([refused.status, refused.body.error.code], [409, 'last_administrator'])
    assert.is((await call('GET', '/api/session')).body.permissions.length, 5)
  }))

test('bad names, unknown rights and unknown accounts are refused, and named', () =>
  withServer(async (server) => {
    const call = await logIn(server)
    const fieldsOf = async (body: unknown) =>
      (await call('POST', '/api/accounts', body)).body.error.details.fields.map(
        ({ field }: { field: string }) => field,
      )
    assert.equal(await fieldsOf({ username: 'a b', permissions: [] }), ['username'])
    assert.equal(await fieldsOf({ username: 'olga', permissions: ['slots:eat'] }), ['permissions.0'])
    assert.equal(await fieldsOf({ username: 'olga', permissions: [], password: 'mine' }), ['password'])
    for (const [method, path, body] of [
      ['DELETE', '/api/accounts/olga', undefined],
      ['PUT', '/api/accounts/olga', { permissions: [] }],
      ['POST', '/api/accounts/olga/password', undefined],
    ] as const)
      assert.equal((await call(method, path, body)).body.error.code, 'account_not_found')
  }))

test.run()
