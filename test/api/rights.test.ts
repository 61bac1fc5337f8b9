import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { allPermissions, type Permission } from '../../src/accounts/permissions.ts'
import { listEndpoints } from '../../src/api/endpoints.ts'
import { callerWith } from '../support/api.ts'
import { openTestServer } from '../support/server.ts'

const test = suite('api/rights')
const server = await openTestServer({ workers: 0 })
const endpoints = listEndpoints({
  ...server.app,
  maxUploadBytes: 1,
  sendTestAlert: async () => undefined,
  takeTestPhoto: () => Promise.reject(new Error('not called by this test')),
  doctor: { examine: async () => [], listFurther: async () => [] },
})
const anonymous = callerWith(server.url, {})

/** An account of its own for each set of rights. */
async function callerMay(permissions: readonly Permission[]) {
  const username = `may-${permissions.join('.').replaceAll(':', '-')}`.slice(0, 64) || 'may-nothing'
  const known = await server.app.accounts.find(username)
  if (!known) await server.app.accounts.add({ username, permissions: [...permissions] }, 'a test')
  const { accessToken } = await server.app.sessions.issue({ username, permissions })
  return callerWith(server.url, { authorization: `Bearer ${accessToken}` })
}

const pathOf = (path: string) => path.replaceAll(/\{\w+\}/g, 'x')

for (const { id, method, path, access } of endpoints) {
  const address = pathOf(path)
  if (access === 'public') continue

  test(`${id}: nobody without a token`, async () => {
    const answer = await anonymous(method.toUpperCase(), address)
    assert.equal([answer.status, answer.body.error.code], [401, 'invalid_token'])
  })

  if (access === 'account') continue

  test(`${id}: not with every other right`, async () => {
    const call = await callerMay(allPermissions.filter((permission) => permission !== access))
    const answer = await call(method.toUpperCase(), address)
    assert.equal([answer.status, answer.body.error.code], [403, 'forbidden'])
    assert.equal(answer.body.error.details, { permission: access })
  })

  test(`${id}: with ${access} alone`, async () => {
    const call = await callerMay([access])
    const { status } = await call(method.toUpperCase(), address)
    assert.ok(status !== 401 && status !== 403 && status < 500, `answered ${status}`)
  })
}

test('what is open to everybody is only the way in', () => {
  assert.equal(
    endpoints.filter(({ access }) => access === 'public').map(({ id }) => id),
    ['logIn', 'openSession'],
  )
})

test.after(() => server.close())

test.run()
