import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { logIn } from '../support/api.ts'
import { type BoothPhoto, sendPhoto } from '../support/booth.ts'
import { listFiles } from '../support/files.ts'
import { portrait } from '../support/photos.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'
import { until } from '../support/until.ts'
import { hangs } from '../support/vendor.ts'
import { withVendors } from '../support/vendors.ts'

const test = suite('inspector/requests')

async function withServer(work: (server: TestServer) => Promise<void>) {
  const server = await openTestServer({ max_upload_mb: 1, workers: 1 })
  try {
    await useEcho(server, 'slot-001')
    await work(server)
  } finally {
    await server.close()
  }
}

const recorded = ({ app }: Pick<TestServer, 'app'>, count = 1) =>
  until(async () => {
    const all = await app.inspector.list({}, 300)
    return all.length >= count && all
  }, `${count} requests are recorded`)

interface Case {
  name: string
  send: BoothPhoto
  slotId?: string
  status: number
  code: string | null
  hint?: string
  password?: string
}

const right = { password: '(right)' }

const cases: Case[] = [
  { name: 'a photo that got its picture', send: right, status: 200, code: null, password: 'right' },
  {
    name: 'no password',
    send: {},
    status: 400,
    code: 'invalid_request',
    hint: 'no_password',
    password: 'missing',
  },
  {
    name: 'a password in the address',
    send: { query: '?password=secret-of-the-venue' },
    status: 400,
    code: 'invalid_request',
    hint: 'password_elsewhere',
    password: 'missing',
  },
  {
    name: 'a password under another name',
    send: { fields: { api_key: 'secret-of-the-venue' } },
    status: 400,
    code: 'invalid_request',
    hint: 'password_elsewhere',
    password: 'missing',
  },
  {
    name: 'a wrong password',
    send: { password: 'wrong password' },
    status: 401,
    code: 'invalid_credentials',
    hint: 'wrong_password',
    password: 'wrong',
  },
  {
    name: 'an unknown slot',
    slotId: 'slot-016',
    send: right,
    status: 404,
    code: 'slot_not_found',
    hint: 'unknown_slot',
  },
  {
    name: 'an empty slot',
    slotId: 'slot-009',
    send: right,
    status: 404,
    code: 'slot_not_found',
    hint: 'slot_closed',
  },
  {
    name: 'no photo',
    send: { ...right, photo: null },
    status: 400,
    code: 'invalid_request',
    hint: 'no_photo',
  },
  {
    name: 'a photo over the limit',
    send: { ...right, photo: Buffer.alloc(1024 * 1024 + 1, 1) },
    status: 413,
    code: 'payload_too_large',
    hint: 'too_large',
    password: 'unchecked',
  },
  {
    name: 'another kind of file',
    send: { ...right, photo: Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;') },
    status: 415,
    code: 'unsupported_media_type',
    hint: 'wrong_type',
    password: 'right',
  },
]

for (const { name, send, slotId = 'slot-001', status, code, hint, password } of cases) {
  test(`${status} for ${name} is recorded once, with what to do`, () =>
    withServer(async (server) => {
      const { password: given, ...rest } = send
      const sent = given === '(right)' ? server.password : given
      const response = await sendPhoto(server.url, slotId, {
        ...rest,
        ...(sent !== undefined && { password: sent }),
      })
      assert.is(response.status, status)
      await response.arrayBuffer()
      const all = await recorded(server)
      assert.is(all.length, 1)
      const [request] = all
      assert.equal([request?.status, request?.errorCode, request?.slotId], [status, code, slotId])
      assert.equal(
        request?.hints.map((each) => each.code),
        hint ? [hint] : [],
      )
      if (password) assert.is(request?.password.state, password)
      assert.is(request?.jobId, response.headers.get('x-job-id') ?? undefined)
    }))
}

test('a photo in another field is named, and so is what its file claims to be', () =>
  withServer(async (server) => {
    const form = new FormData()
    form.append('password', server.password)
    form.append('file', new Blob([await readFile(portrait)], { type: 'image/jpeg' }), 'IMG_0007.JPG')
    await fetch(`${server.url}/ingest/slot-001`, { method: 'POST', body: form })
    const [request] = await recorded(server)
    assert.equal(request?.hints, [{ code: 'photo_elsewhere', parameters: { field: 'file' } }])
    assert.equal(request?.files, [{ field: 'file', fileName: 'IMG_0007.JPG', declaredMime: 'image/jpeg' }])
  }))

test('429 after too many wrong passwords says that', () =>
  withServer(async (server) => {
    for (let wrong = 0; wrong < 11; wrong += 1)
      await sendPhoto(server.url, 'slot-001', { password: `wrong ${wrong}` })
    const [last] = await recorded(server, 11)
    assert.equal([last?.status, last?.hints[0]?.code], [429, 'too_many_wrong'])
  }))

test('a booth that hangs up is 499 with the time it waited and the window', () =>
  withVendors(async ({ app, url, password, vendor }) => {
    vendor.behave(hangs())
    const patience = new AbortController()
    const sending = sendPhoto(url, 'slot-001', { password, signal: patience.signal }).catch(() => undefined)
    await until(() => vendor.running() > 0, 'the vendor is called')
    patience.abort()
    await sending
    const [request] = await recorded({ app })
    assert.equal([request?.status, request?.outcome, request?.errorCode], [499, 'hung_up', null])
    assert.is(request?.hints[0]?.code, 'hung_up_waiting')
    assert.is(request?.hints[0]?.parameters.window, 48)
    assert.ok(request?.jobId)
  }))

test('no secret and no picture is kept, whatever they were called', () =>
  withServer(async (server) => {
    const { app, url, password, dataDir } = server
    const secrets = {
      authorization: 'Bearer abc-the-token-abc',
      cookie: 'session=the-cookie-value',
      'x-api-key': 'the-key-value',
    }
    const form = new FormData()
    form.append('password', password)
    form.append('note', `the password is ${password}!`)
    form.append('access_token', 'the-token-value')
    form.append('name', 'BOOTH-PC')
    form.append(
      'fileToUpload',
      new Blob([await readFile(portrait)], { type: 'image/jpeg' }),
      `${password}.jpg`,
    )
    const query = '?password=password-in-query&style=noir'
    const response = await fetch(`${url}/ingest/slot-001${query}`, {
      method: 'POST',
      headers: secrets,
      body: form,
    })
    assert.is(response.status, 200)
    const wrong = await sendPhoto(url, 'slot-001', { password: `${password}-but-wrong` })
    assert.is(wrong.status, 401)
    await recorded(server, 2)

    const call = await logIn(server)
    const list = await call('GET', '/api/requests')
    const details = await Promise.all(
      list.body.items.map(({ id }: { id: string }) => call('GET', `/api/requests/${id}`)),
    )
    const rows = await app.db.query.selectFrom('ingest_requests').selectAll().execute()
    const shown = JSON.stringify([list.body, details.map(({ body }) => body), rows])
    for (const secret of [
      password,
      'abc-the-token-abc',
      'the-cookie-value',
      'the-key-value',
      'the-token-value',
      'password-in-query',
    ])
      assert.not.ok(shown.includes(secret), secret)
    const first = details[1].body
    assert.equal(
      first.fields.map(({ name, hidden }: { name: string; hidden: string | null }) => [name, hidden]),
      [
        ['password', 'secret'],
        ['note', 'secret'],
        ['access_token', 'secret'],
        ['name', null],
      ],
    )
    assert.equal(first.password, { state: 'right', length: password.length })
    assert.is(first.query.find(({ name }: { name: string }) => name === 'style').value, 'noir')
    assert.equal(first.photo, {
      size_bytes: (await readFile(portrait)).length,
      detected_mime: 'image/jpeg',
      width_px: 512,
      height_px: 512,
    })
    assert.ok(shown.length < 20_000)
    assert.ok((await listFiles(dataDir)).length > 0)
  }))

test('long texts are cut, and what is too many is only counted', () =>
  withServer(async (server) => {
    const fields = Object.fromEntries(Array.from({ length: 90 }, (_, at) => [`survey${at}`, 'x'.repeat(700)]))
    const headers = Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`x-header-${at}`, 'y']))
    const form = new FormData()
    form.append('password', server.password)
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    await fetch(`${server.url}/ingest/slot-001`, { method: 'POST', headers, body: form })
    const [request] = await recorded(server)
    assert.is(request?.headers.length, 60)
    assert.ok((request?.omitted.headers ?? 0) >= 10)
    const survey = request?.fields.find(({ name }) => name === 'survey0')
    assert.equal([survey?.value?.length, survey?.length], [500, 700])
  }))

test('only the newest 200 are kept, and none for longer than pictures are', () =>
  withServer(async ({ app }) => {
    const { inspector, clock } = app
    const seen = {
      at: clock.now(),
      address: '127.0.0.1',
      slotId: 'slot-001',
      rawHeaders: [],
      query: {},
      fields: [],
      files: [],
      isBodyRead: false,
      isPasswordRight: false,
      uploadMs: undefined,
      durationMs: 1,
      status: 404,
      failure: undefined,
      photoBytes: undefined,
      job: undefined,
    }
    await inspector.record({ ...seen, at: clock.now() - 73 * 3_600_000, slotId: 'old' })
    for (let count = 0; count < 19; count += 1) await inspector.record(seen)
    assert.is((await inspector.list({ slotId: 'old' }, 1)).length, 0)
    for (let count = 0; count < 240; count += 1) await inspector.record({ ...seen, slotId: `slot-${count}` })
    const kept = await inspector.list({}, 500)
    assert.is(kept.length, 200)
    assert.is(kept[0]?.slotId, 'slot-239')
  }))

test('erasing a job takes its request along', () =>
  withServer(async (server) => {
    const response = await sendPhoto(server.url, 'slot-001', {
      password: server.password,
      fields: { guest: 'Anna' },
    })
    await response.arrayBuffer()
    const [request] = await recorded(server)
    await server.app.eraser.eraseJob(request?.jobId ?? '', 'a test')
    assert.equal(await server.app.inspector.list({}, 10), [])
  }))

test('pages of the API go on where the one before has ended, and filters apply', () =>
  withServer(async (server) => {
    for (const slotId of ['slot-016', 'slot-017', 'slot-016']) await sendPhoto(server.url, slotId)
    await recorded(server, 3)
    const call = await logIn(server)
    const first = await call('GET', '/api/requests?page_size=2')
    const second = await call('GET', `/api/requests?page_size=2&before=${first.body.next}`)
    assert.equal(
      [...first.body.items, ...second.body.items].map(({ slot_id }) => slot_id),
      ['slot-016', 'slot-017', 'slot-016'],
    )
    assert.is(second.body.next, null)
    assert.is((await call('GET', '/api/requests?slot_id=slot-017')).body.items.length, 1)
    assert.is((await call('GET', '/api/requests?outcome=answered')).body.items.length, 0)
    assert.is((await call('GET', '/api/requests/01a20e37-7c1c-74d2-821e-11c1c7451ada')).status, 404)
  }))

test.run()
