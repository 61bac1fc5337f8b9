import { stat } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openApp } from '../../src/app.ts'
import { createLog } from '../../src/lib/log.ts'
import { type ApiAnswer, callerWith, logIn } from '../support/api.ts'
import { sendPhoto } from '../support/booth.ts'
import { createTestClock } from '../support/clock.ts'
import { toForm } from '../support/forms.ts'
import { portrait } from '../support/photos.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'

const test = suite('api/slots')

type Call = Awaited<ReturnType<typeof logIn>>

async function withServer(work: (server: TestServer, call: Call) => Promise<void>, options = {}) {
  const server = await openTestServer({ workers: 0, ...options })
  try {
    await work(server, await logIn(server))
  } finally {
    await server.close()
  }
}

const noir = {
  name: 'Noir',
  provider_id: 'local',
  operation_id: 'filter',
  settings_json: { effect: 'noir' },
}

const idsOf = ({ body }: ApiAnswer) => body.items.map(({ id }: { id: string }) => id)
const problemOf = ({ status, body }: ApiAnswer) => [status, body.error.code]
const fieldsOf = ({ body }: ApiAnswer): string[] =>
  body.error.details.fields.map(({ field }: { field: string }) => field)

test('all slots are listed, each with whether it takes photos and why not', () =>
  withServer(async ({ app }, call) => {
    await app.slots.update('slot-002', { isEnabled: false })
    const { status, body } = await call('GET', '/api/slots')
    assert.is(status, 200)
    assert.is(body.items.length, 15)
    const [first, second, , fourth] = body.items
    assert.equal([first.is_open, first.closed_reason], [true, null])
    assert.equal([second.is_open, second.closed_reason], [false, 'Slot "slot-002" is switched off.'])
    assert.match(fourth.closed_reason, 'not configured')
    assert.equal(
      [first.settings_json, first.version, first.last_reset_at, first.updated_by],
      [{ effect: 'noir' }, 1, null, null],
    )
  }))

test('a list is cut down by provider, operation, and a part of name or id in any case', () =>
  withServer(async ({ app }, call) => {
    await app.slots.update('slot-009', { name: 'Свадьба Анны', providerId: 'echo', operationId: 'echo' })
    assert.equal(idsOf(await call('GET', '/api/slots?provider_id=echo')), ['slot-009'])
    assert.equal(idsOf(await call('GET', '/api/slots?operation_id=combine')), ['slot-003'])
    assert.equal(idsOf(await call('GET', '/api/slots?provider_id=local&operation_id=filter')), [
      'slot-001',
      'slot-002',
    ])
    assert.equal(idsOf(await call('GET', `/api/slots?search=${encodeURIComponent('СВАДЬБА')}`)), ['slot-009'])
    assert.equal(idsOf(await call('GET', '/api/slots?search=SLOT-01')), [
      'slot-010',
      'slot-011',
      'slot-012',
      'slot-013',
      'slot-014',
      'slot-015',
    ])
    assert.equal(idsOf(await call('GET', '/api/slots?search=nothing')), [])
  }))

test('an unknown provider or operation in a filter is refused, and named', () =>
  withServer(async (_, call) => {
    const provider = await call('GET', '/api/slots?provider_id=magic')
    assert.equal(problemOf(provider), [400, 'invalid_request'])
    assert.equal(fieldsOf(provider), ['provider_id'])
    assert.match(provider.body.error.message, /"magic".*gemini/)
    const operation = await call('GET', '/api/slots?provider_id=local&operation_id=echo')
    assert.equal(fieldsOf(operation), ['operation_id'])
  }))

test('a slot comes with its ten newest pictures that are kept, without test runs and failures', () =>
  withServer(
    async (server, call) => {
      const { app, url, password } = server
      await useEcho(server, 'slot-001')
      const ids: string[] = []
      for (let photo = 0; photo < 12; photo += 1) {
        const answer = await sendPhoto(url, 'slot-001', { password })
        assert.is(answer.status, 200)
        ids.push(answer.headers.get('x-job-id') ?? '')
        await answer.arrayBuffer()
      }
      await app.db.query
        .updateTable('jobs')
        .set({ result_expires_at: 1 })
        .where('id', '=', ids[11] ?? '')
        .execute()
      await call('POST', '/api/slots/slot-001/test', await toForm('fileToUpload', portrait))
      await useEcho(server, 'slot-001', { fail: 'content_blocked' })
      await (await sendPhoto(url, 'slot-001', { password })).arrayBuffer()

      const { body, headers } = await call('GET', '/api/slots/slot-001')
      assert.is(headers.get('etag'), '"3"')
      assert.equal(
        body.recent_results.map((result: { job_id: string }) => result.job_id),
        ids.slice(1, 11).reverse(),
      )
      const [newest] = body.recent_results
      assert.equal([newest.mime, newest.size_bytes], ['image/jpeg', (await stat(portrait)).size])
      assert.is(Date.parse(newest.result_expires_at) - Date.parse(newest.completed_at), 72 * 3_600_000)
      assert.is((await fetch(newest.download_url)).status, 200)
      assert.match(newest.thumbnail_url, `/public/results/${newest.job_id}/thumbnail`)
    },
    { workers: 1 },
  ))

test('an unknown slot is 404', () =>
  withServer(async (_, call) => {
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PUT', '', noir],
      ['PATCH', '', { is_enabled: true }],
      ['GET', '/versions', undefined],
      ['POST', '/rollback', { version: 1 }],
    ] as const) {
      assert.equal(problemOf(await call(method, `/api/slots/slot-016${path}`, body)), [404, 'slot_not_found'])
    }
  }))

test('an edit answers with the slot and its new ETag, and every process works with it at once', () =>
  withServer(async ({ app }, call) => {
    const other = await openApp(app.config, {
      log: await createLog({ level: 'silent', destination: process.stderr }),
    })
    try {
      const seen = await call('GET', '/api/slots/slot-004')
      const tag = seen.headers.get('etag') ?? ''
      const edited = await call('PUT', '/api/slots/slot-004', noir, { 'if-match': tag })
      assert.is(edited.status, 200)
      assert.equal([edited.body.version, edited.headers.get('etag')], [2, '"2"'])
      assert.equal([edited.body.updated_by, edited.body.is_open, edited.body.name], ['serg', true, 'Noir'])
      const open = await other.slots.getOpen('slot-004')
      assert.equal([open.slot.name, open.first.operationId], ['Noir', 'filter'])
    } finally {
      await other.close()
    }
  }))

test('what was seen can be said by ETag, weak ETag, star or time', () =>
  withServer(async (_, call) => {
    const put = (body: object, headers = {}) =>
      call('PUT', '/api/slots/slot-004', { ...noir, ...body }, headers)
    assert.is((await put({}, { 'if-match': 'W/"1"' })).status, 200)
    assert.is((await put({}, { 'if-match': '"1", "2"' })).status, 200)
    const third = await put({}, { 'if-match': '*' })
    assert.is(third.status, 200)
    const fourth = await put({ updated_at: third.body.updated_at })
    assert.equal([fourth.status, fourth.body.version], [200, 5])
    assert.equal(problemOf(await put({ updated_at: third.body.updated_at })), [409, 'slot_changed'])
  }))

test('an edit of a slot that was changed since, or that says nothing, is refused with the slot as it is', () =>
  withServer(async (_, call) => {
    await call('PUT', '/api/slots/slot-004', noir, { 'if-match': '"1"' })
    const stale: Record<string, string>[] = [{ 'if-match': '"1"' }, { 'if-match': 'nonsense' }, {}]
    for (const headers of stale) {
      const refused = await call('PUT', '/api/slots/slot-004', { ...noir, name: 'Late' }, headers)
      assert.equal(problemOf(refused), [409, 'slot_changed'])
      const { current } = refused.body.error.details
      assert.equal([current.name, current.version, current.settings_json], ['Noir', 2, { effect: 'noir' }])
    }
    assert.is((await call('GET', '/api/slots/slot-004')).body.name, 'Noir')
  }))

test('of two administrators at once exactly one wins, also within one millisecond', () =>
  withServer(
    async ({ app }, call) => {
      const igor = await logInAs('igor', app)
      for (let round = 1; round <= 5; round += 1) {
        const { body: seen, headers } = await call('GET', '/api/slots/slot-004')
        const bySeen = round % 2 ? {} : { updated_at: seen.updated_at }
        const byTag: Record<string, string> = round % 2 ? { 'if-match': headers.get('etag') ?? '' } : {}
        const put = (who: Call, name: string) =>
          who('PUT', '/api/slots/slot-004', { ...noir, name, ...bySeen }, byTag)
        const answers = await Promise.all([put(call, `serg ${round}`), put(igor, `igor ${round}`)])
        assert.equal(answers.map(({ status }) => status).sort(), [200, 409])
        const winner = answers.find(({ status }) => status === 200)?.body
        const loser = answers.find(({ status }) => status === 409)?.body
        assert.is(winner.version, round + 1)
        assert.equal(loser.error.details.current, winner)
      }
    },
    { clock: createTestClock() },
  ))

test('everything that is wrong with an edit is named at once', () =>
  withServer(async (_, call) => {
    const put = (body: object) =>
      call('PUT', '/api/slots/slot-004', { ...noir, ...body }, { 'if-match': '"1"' })
    const settings = await put({
      name: ' ',
      settings_json: {
        effect: 'purple',
        colour: 1,
        result_retention_hours: 0,
        fallbacks: [{ provider_id: 'x', operation_id: 'y' }],
      },
    })
    assert.equal(problemOf(settings), [422, 'invalid_settings'])
    for (const field of [
      'name',
      'settings_json.effect',
      'settings_json.colour',
      'settings_json.result_retention_hours',
    ])
      assert.ok(fieldsOf(settings).includes(field), `${field} is named, got ${fieldsOf(settings)}`)
    const fallback = await put({
      settings_json: { effect: 'noir', fallbacks: [{ provider_id: 'x', operation_id: 'y' }] },
    })
    assert.equal(fieldsOf(fallback), ['settings_json.fallbacks.0.provider_id'])

    const needy = await put({
      operation_id: 'frame',
      settings_json: {
        fallbacks: [{ provider_id: 'gemini', operation_id: 'image_edit', settings: { prompt: 'x' } }],
      },
    })
    assert.equal(problemOf(needy), [422, 'invalid_settings'])
    assert.equal(fieldsOf(needy), ['settings_json.fallbacks.0.provider_id', 'templates.frame'])
    assert.match(needy.body.error.message, 'no key for gemini')

    assert.equal(fieldsOf(await put({ operation_id: null })), ['operation_id'])
    assert.equal(fieldsOf(await put({ name: 7, colour: 'red' })), ['name', 'colour'])
    const { body } = await call('GET', '/api/slots/slot-004')
    assert.is(body.version, 1)
  }))

test('without provider and operation a slot is empty and takes no photos', () =>
  withServer(async ({ url, password }, call) => {
    const emptied = await call(
      'PUT',
      '/api/slots/slot-001',
      { name: 'Free', provider_id: null, operation_id: null, settings_json: {} },
      { 'if-match': '"1"' },
    )
    assert.equal([emptied.status, emptied.body.provider_id, emptied.body.is_open], [200, null, false])
    assert.is((await sendPhoto(url, 'slot-001', { password })).status, 404)
  }))

test('switching changes nothing else; a slot that has become invalid can be switched off but not on', () =>
  withServer(async ({ app }, call) => {
    await app.db.query
      .updateTable('slots')
      .set({ settings_json: '{"old":true}' })
      .where('id', '=', 'slot-001')
      .execute()
    const patch = (body: object, headers = {}) => call('PATCH', '/api/slots/slot-001', body, headers)
    const off = await patch({ is_enabled: false })
    assert.equal([off.status, off.body.is_enabled, off.body.settings_json], [200, false, { old: true }])
    assert.is((await patch({ name: 'Broken' })).body.name, 'Broken')
    const on = await patch({ is_enabled: true })
    assert.equal(problemOf(on), [422, 'invalid_settings'])
    assert.ok(fieldsOf(on).includes('settings_json.old'))
    assert.equal(problemOf(await patch({ name: 'x' }, { 'if-match': '"1"' })), [409, 'slot_changed'])
    assert.is((await patch({ name: 'x' }, { 'if-match': '"3"' })).status, 200)
    assert.is((await call('PATCH', '/api/slots/slot-002', { is_enabled: false })).status, 200)
    assert.is((await call('PATCH', '/api/slots/slot-002', { is_enabled: true })).body.is_open, true)
  }))

test('an edit is recorded with what changed, before and after', () =>
  withServer(async (_, call) => {
    await call(
      'PUT',
      '/api/slots/slot-001',
      { ...noir, settings_json: { effect: 'warm', strength: 70 } },
      { 'if-match': '"1"' },
    )
    const { body } = await call('GET', '/api/audit?action=slot.updated')
    assert.is(body.items.length, 1)
    const [{ actor, target, before, after }] = body.items
    assert.equal([actor, target], ['serg', 'slot-001'])
    assert.equal(before, {
      version: 1,
      name: 'Film noir',
      'settings_json.effect': 'noir',
      'settings_json.strength': null,
    })
    assert.equal(after, {
      version: 2,
      name: 'Noir',
      'settings_json.effect': 'warm',
      'settings_json.strength': 70,
    })
  }))

test('a slot can keep its pictures for a time of its own', () =>
  withServer(
    async (server, call) => {
      const { app, url, password } = server
      await useEcho(server, 'slot-001', { result_retention_hours: 5 })
      await (await sendPhoto(url, 'slot-001', { password })).arrayBuffer()
      const { body } = await call('GET', '/api/slots/slot-001')
      const [result] = body.recent_results
      assert.is(Date.parse(result.result_expires_at) - Date.parse(result.completed_at), 5 * 3_600_000)
      assert.is((await app.reader.get(result.job_id)).slot.resultRetentionHours, 5)
    },
    { workers: 1 },
  ))

async function logInAs(username: string, app: TestServer['app']): Promise<Call> {
  const { accessToken } = await app.sessions.issue({ username, permissions: [] })
  return callerWith(app.publicUrl(), { authorization: `Bearer ${accessToken}` })
}

test.run()
