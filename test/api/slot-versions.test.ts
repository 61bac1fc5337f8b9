import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ApiAnswer, logIn } from '../support/api.ts'
import { portrait } from '../support/photos.ts'
import { openTestServer, type TestServer } from '../support/server.ts'

const test = suite('api/slot-versions')

type Call = Awaited<ReturnType<typeof logIn>>

async function withServer(work: (server: TestServer, call: Call) => Promise<void>) {
  const server = await openTestServer({ workers: 0 })
  try {
    await work(server, await logIn(server))
  } finally {
    await server.close()
  }
}

const problemOf = ({ status, body }: ApiAnswer) => [status, body.error.code]
const versions = '/api/slots/slot-001/versions'

/** slot-001 as it was made (1), warm (2), switched off (3). */
async function makeHistory({ app }: TestServer) {
  await app.slots.update('slot-001', { settings: { effect: 'warm', strength: 60 }, updatedBy: 'igor' })
  await app.slots.update('slot-001', { isEnabled: false, updatedBy: 'serg' })
}

test('the history has each edit with what it changed, newest first and page by page', () =>
  withServer(async (server, call) => {
    await makeHistory(server)
    const { body } = await call('GET', `${versions}?page_size=2`)
    assert.equal(body.meta, { page: 1, page_size: 2, total: 3 })
    const [third, second] = body.items
    assert.equal([third.version, third.created_by, third.is_enabled], [3, 'serg', false])
    assert.equal(third.changes, [{ path: 'is_enabled', before: true, after: false }])
    assert.equal([second.version, second.created_by], [2, 'igor'])
    assert.equal(second.changes, [
      { path: 'settings_json.effect', before: 'noir', after: 'warm' },
      { path: 'settings_json.strength', before: null, after: 60 },
    ])
    const rest = await call('GET', `${versions}?page_size=2&page=2`)
    assert.equal(
      rest.body.items.map(({ version, changes, name }: Record<string, unknown>) => [version, changes, name]),
      [[1, [], 'Film noir']],
    )
  }))

test('every slot has the version that it was made with', () =>
  withServer(async (_, call) => {
    const { body } = await call('GET', '/api/slots/slot-015/versions')
    assert.equal([body.meta.total, body.items[0].name, body.items[0].provider_id], [1, 'Slot 15', null])
  }))

test('a version is shown as it was, and compared with any other', () =>
  withServer(async (server, call) => {
    await makeHistory(server)
    const { body: second } = await call('GET', `${versions}/2`)
    assert.equal(
      [second.settings_json, second.is_enabled, second.comment],
      [{ effect: 'warm', strength: 60 }, true, null],
    )
    const diff = async (query: string) => (await call('GET', `${versions}/${query}`)).body.items
    assert.equal(await diff('2/diff'), [{ path: 'is_enabled', before: true, after: false }])
    assert.equal(await diff('2/diff?with=current'), await diff('2/diff?with=3'))
    assert.equal(await diff('2/diff?with=1'), [
      { path: 'settings_json.effect', before: 'warm', after: 'noir' },
      { path: 'settings_json.strength', before: 60, after: null },
    ])
    assert.equal(await diff('2/diff?with=2'), [])
  }))

test('a version that there is not is 404, and what is no version 400', () =>
  withServer(async (_, call) => {
    assert.equal(problemOf(await call('GET', `${versions}/2`)), [404, 'version_not_found'])
    assert.equal(problemOf(await call('GET', `${versions}/1/diff?with=2`)), [404, 'version_not_found'])
    assert.equal(problemOf(await call('POST', '/api/slots/slot-001/rollback', { version: 2 })), [
      404,
      'version_not_found',
    ])
    assert.equal(problemOf(await call('GET', `${versions}/first`)), [400, 'invalid_request'])
    assert.equal(problemOf(await call('GET', `${versions}/1/diff?with=first`)), [400, 'invalid_request'])
  }))

test('a rollback makes a new version with the old content, and says so', () =>
  withServer(async (server, call) => {
    await makeHistory(server)
    const back = await call('POST', '/api/slots/slot-001/rollback', { version: 1 }, { 'if-match': '"3"' })
    assert.equal([back.status, back.headers.get('etag')], [200, '"4"'])
    assert.equal(
      [back.body.version, back.body.settings_json, back.body.is_enabled, back.body.is_open],
      [4, { effect: 'noir' }, true, true],
    )
    const { body } = await call('GET', `${versions}?page_size=1`)
    assert.equal([body.meta.total, body.items[0].comment], [4, 'rollback to 1'])
    assert.is((await call('GET', `${versions}/1/diff`)).body.items.length, 0)
    const audit = await call('GET', '/api/audit?target=slot-001&page_size=1')
    assert.equal(
      [audit.body.items[0].action, audit.body.items[0].after.comment],
      ['slot.updated', 'rollback to 1'],
    )
  }))

test('a rollback of a slot that was changed since is refused', () =>
  withServer(async (server, call) => {
    await makeHistory(server)
    const late = await call('POST', '/api/slots/slot-001/rollback', { version: 1 }, { 'if-match': '"2"' })
    assert.equal(problemOf(late), [409, 'slot_changed'])
    assert.is(late.body.error.details.current.version, 3)
  }))

test('a rollback to what is no longer valid is refused, and the slot stays as it is', () =>
  withServer(async ({ app }, call) => {
    const { id } = await app.templates.bind({
      slotId: 'slot-001',
      settingKey: 'frame',
      localPath: portrait,
    })
    await app.slots.update('slot-001', { providerId: 'local', operationId: 'frame', settings: {} })
    await app.slots.update('slot-001', { operationId: 'filter', settings: { effect: 'warm' } })
    const removed = await call('DELETE', `/api/template-media/${id}?slot_id=slot-001&setting_key=frame`)
    assert.is(removed.status, 204)
    const refused = await call('POST', '/api/slots/slot-001/rollback', { version: 2 })
    assert.equal(problemOf(refused), [422, 'invalid_settings'])
    assert.equal(refused.body.error.details.fields[0].field, 'templates.frame')
    assert.equal((await call('GET', versions)).body.meta.total, 3)
    assert.is((await app.slots.get('slot-001')).version, 3)
  }))

test('edits at once without a precondition all count, and the history has no hole', () =>
  withServer(async ({ app }, call) => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const answers = await Promise.all(names.map((name) => call('PATCH', '/api/slots/slot-001', { name })))
    assert.equal(
      answers.map(({ status }) => status),
      names.map(() => 200),
    )
    assert.equal(answers.map(({ body }) => body.version).sort(), [2, 3, 4, 5, 6, 7])
    const { items } = await app.slotVersions.list('slot-001', { offset: 0, limit: 10 })
    assert.equal(
      items.map(({ version }) => version),
      [7, 6, 5, 4, 3, 2, 1],
    )
  }))

test.run()
