import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { callerWith, logIn } from '../support/api.ts'
import { openTestServer, type TestServer } from '../support/server.ts'

const test = suite('api/audit')

async function withServer(work: (server: TestServer) => Promise<void>) {
  const server = await openTestServer({ workers: 0 })
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

test('changes come newest first, page by page', () =>
  withServer(async (server) => {
    const { db, audit } = server.app
    const call = await logIn(server)
    await db.write(async (tx) => {
      for (const after of [1, 2, 3])
        await audit.record(tx, {
          actor: 'igor',
          action: 'slot.updated',
          target: 'slot-001',
          before: 0,
          after,
        })
      await audit.record(tx, { actor: 'serg', action: 'settings.updated', target: 'x' })
    })
    const first = await call('GET', '/api/audit?target=slot-001&page_size=2')
    assert.is(first.status, 200)
    assert.equal(
      first.body.items.map(({ after }: { after: number }) => after),
      [3, 2],
    )
    const second = await call('GET', `/api/audit?target=slot-001&page_size=2&before=${first.body.next}`)
    assert.equal(
      second.body.items.map(({ after }: { after: number }) => after),
      [1],
    )
    assert.is(second.body.next, null)
    assert.is((await call('GET', '/api/audit?actor=serg')).body.items.length, 1)
  }))

test('an unknown parameter and a bad value are refused, and named', () =>
  withServer(async (server) => {
    const call = await logIn(server)
    const unknown = await call('GET', '/api/audit?colour=red')
    assert.is(unknown.status, 400)
    assert.equal(unknown.body.error.details.fields, [{ field: 'colour', message: 'is not known' }])
    const bad = await call('GET', '/api/audit?page_size=500')
    assert.is(bad.body.error.details.fields[0].field, 'page_size')
  }))

test('nobody reads it without a token', () =>
  withServer(async ({ url }) => {
    const answer = await callerWith(url, {})('GET', '/api/audit')
    assert.equal([answer.status, answer.body.error.code], [401, 'invalid_token'])
  }))

test.run()
