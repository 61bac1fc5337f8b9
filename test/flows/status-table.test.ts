// Every row of the ingest status table, and that nothing of a refused upload stays.
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { sql } from 'kysely'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isShared, openByUrl } from '../support/backends.ts'
import { type BoothPhoto, readError, sendPhoto } from '../support/booth.ts'
import { listMedia } from '../support/files.ts'
import { portrait } from '../support/photos.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('flows/status-table')

async function withServer(work: (server: TestServer) => Promise<void>, options = {}) {
  const server = await openTestServer({ max_upload_mb: 1, ...options })
  try {
    await useEcho(server, 'slot-001')
    await work(server)
  } finally {
    await server.close()
  }
}

const nothingLeft = async ({ app, dataDir }: TestServer) => {
  await until(async () => (await listMedia(dataDir)).length === 0, 'nothing is left of the upload')
  assert.equal(await app.reader.list({}, 10), [])
}

interface Refusal {
  name: string
  slotId?: string
  send: BoothPhoto
  status: number
  code: string
  details?: Record<string, unknown>
}

const jpegWithTail = async (tail: string) => Buffer.concat([await readFile(portrait), Buffer.from(tail)])
const right = { password: '(right)' }

const refusals: Refusal[] = [
  { name: 'no password', send: {}, status: 400, code: 'invalid_request', details: { field: 'password' } },
  { name: 'an empty password', send: { password: '' }, status: 400, code: 'invalid_request' },
  {
    name: 'no photo',
    send: { ...right, photo: null },
    status: 400,
    code: 'invalid_request',
    details: { field: 'fileToUpload' },
  },
  {
    name: 'an empty photo',
    send: { ...right, photo: new Uint8Array() },
    status: 400,
    code: 'invalid_request',
  },
  {
    name: 'a text file',
    send: { ...right, photo: Buffer.from('hello, I am no photo') },
    status: 400,
    code: 'invalid_request',
  },
  { name: 'a wrong password', send: { password: 'wrong' }, status: 401, code: 'invalid_credentials' },
  { name: 'an unknown slot', slotId: 'slot-016', send: right, status: 404, code: 'slot_not_found' },
  {
    name: 'a slot that is no slot',
    slotId: '..%2Fslot-001',
    send: right,
    status: 404,
    code: 'slot_not_found',
  },
  {
    name: 'a slot that is not configured',
    slotId: 'slot-009',
    send: right,
    status: 404,
    code: 'slot_not_found',
  },
  {
    name: 'a photo over the limit',
    send: { ...right, photo: Buffer.alloc(1024 * 1024 + 1, 1) },
    status: 413,
    code: 'payload_too_large',
  },
  {
    name: 'a body far over the limit',
    send: { ...right, photo: Buffer.alloc(4 * 1024 * 1024, 1) },
    status: 413,
    code: 'payload_too_large',
  },
]

for (const { name, slotId = 'slot-001', send, status, code, details = {} } of refusals) {
  test(`${status} for ${name}`, () =>
    withServer(async (server) => {
      const password = send.password === '(right)' ? server.password : send.password
      const { password: _, ...rest } = send
      const response = await sendPhoto(server.url, slotId, {
        ...rest,
        ...(password !== undefined && { password }),
      })
      assert.is(response.status, status)
      const error = await readError(response)
      assert.is(error.code, code)
      assert.ok(error.message.length > 10)
      for (const [key, value] of Object.entries(details)) assert.is(error.details[key], value)
      assert.is(response.headers.get('x-job-id'), null)
      await nothingLeft(server)
    }))
}

test('415 for pictures of other kinds, whatever they call themselves', () =>
  withServer(async (server) => {
    const gif = await sharp(portrait).gif().toBuffer()
    const tiff = await sharp(portrait).resize(64).tiff().toBuffer()
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    for (const photo of [gif, tiff, svg]) {
      const response = await sendPhoto(server.url, 'slot-001', { password: server.password, photo })
      assert.ok([400, 415].includes(response.status), String(response.status))
    }
    const response = await sendPhoto(server.url, 'slot-001', { password: server.password, photo: gif })
    assert.is(response.status, 415)
    assert.is((await readError(response)).code, 'unsupported_media_type')
    await nothingLeft(server)
  }))

test('400 for truncated, polyglot and bomb pictures, before a job exists', () =>
  withServer(async (server) => {
    const whole = await readFile(portrait)
    const png = await sharp(portrait).resize(32).png().toBuffer()
    const bomb = Buffer.from(png)
    bomb.writeUInt32BE(60_000, 16)
    bomb.writeUInt32BE(60_000, 20)
    const bad = [
      whole.subarray(0, whole.length / 2),
      whole.subarray(0, 500),
      await jpegWithTail('PK\x03\x04 and the rest of an archive'),
      await jpegWithTail('<script>alert(1)</script>'),
      bomb,
    ]
    for (const photo of bad) {
      const response = await sendPhoto(server.url, 'slot-001', { password: server.password, photo })
      assert.is(response.status, 400)
      assert.is((await readError(response)).code, 'invalid_request')
    }
    await nothingLeft(server)
  }))

test('400 for a body that is not multipart, or broken', () =>
  withServer(async (server) => {
    const post = (type: string, body: string) =>
      fetch(`${server.url}/ingest/slot-001`, { method: 'POST', headers: { 'content-type': type }, body })
    const multipart = 'multipart/form-data; boundary=xyz'
    const part = '--xyz\r\nContent-Disposition: form-data; name="password"\r\n\r\n'
    const answers = await Promise.all([
      post('application/json', '{}'),
      post('image/jpeg', 'xx'),
      post('multipart/form-data', part),
      post(multipart, ''),
      post(multipart, 'no boundary at all'),
      post(multipart, `${part}cut off`),
      post(
        multipart,
        `--xyz\r\nContent-Disposition: form-data; name="fileToUpload"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\nxx`,
      ),
    ])
    for (const response of answers) {
      assert.is(response.status, 400)
      assert.is((await readError(response)).code, 'invalid_request')
    }
    await nothingLeft(server)
  }))

test('limits on the number and the size of fields', () =>
  withServer(async (server) => {
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`f${at}`, 'x']))
    const long = { f: 'x'.repeat(300 * 1024) }
    for (const fields of [many, long]) {
      const response = await sendPhoto(server.url, 'slot-001', { password: server.password, fields })
      assert.is(response.status, 400)
    }
    const form = new FormData()
    form.append('password', server.password)
    for (const name of ['a', 'b'])
      form.append('fileToUpload', new Blob([await readFile(portrait)], { type: 'image/jpeg' }), name)
    const two = await fetch(`${server.url}/ingest/slot-001`, { method: 'POST', body: form })
    assert.is(two.status, 400)
    await nothingLeft(server)
  }))

test('a hostile file name is no path', () =>
  withServer(async (server) => {
    const response = await sendPhoto(server.url, 'slot-001', {
      password: server.password,
      fileName: '../../../../tmp/evil.jpg',
    })
    assert.is(response.status, 200)
    await response.arrayBuffer()
    const id = response.headers.get('x-job-id')
    const thumbnail = `thumbnails/${id}.webp`
    await until(async () => (await listMedia(server.dataDir)).includes(thumbnail), 'the thumbnail is there')
    assert.equal(await listMedia(server.dataDir), [`results/${id}.jpg`, thumbnail])
  }))

test('a slot that is switched off answers 404', () =>
  withServer(async (server) => {
    await server.app.slots.update('slot-001', { isEnabled: false })
    const response = await sendPhoto(server.url, 'slot-001', { password: server.password })
    assert.is(response.status, 404)
    assert.match((await readError(response)).message, 'switched off')
  }))

test('401 while no password is set, and a rotated one works at once', () =>
  withServer(async (server) => {
    await server.app.db.query.deleteFrom('settings').execute()
    const unset = await sendPhoto(server.url, 'slot-001', { password: server.password })
    assert.is(unset.status, 401)
    const password = await server.app.settings.rotateIngestPassword('test')
    assert.is((await sendPhoto(server.url, 'slot-001', { password })).status, 200)
    assert.is((await sendPhoto(server.url, 'slot-001', { password: server.password })).status, 401)
  }))

test('429 after too many wrong passwords, while the right one that is known still passes', () =>
  withServer(async (server) => {
    assert.is((await sendPhoto(server.url, 'slot-001', { password: server.password })).status, 200)
    const statuses: number[] = []
    for (let guess = 0; guess < 12; guess += 1) {
      statuses.push((await sendPhoto(server.url, 'slot-001', { password: `guess-${guess}` })).status)
    }
    assert.is(statuses.filter((status) => status === 401).length, 10)
    assert.is(statuses.at(-1), 429)
    assert.is((await sendPhoto(server.url, 'slot-001', { password: server.password })).status, 200)
  }))

test('429 with Retry-After when the queue is full', () =>
  withServer(
    async (server) => {
      await useEcho(server, 'slot-001', { delay_ms: 60_000 })
      const controller = new AbortController()
      const held = sendPhoto(server.url, 'slot-001', { password: server.password, signal: controller.signal })
      held.catch(() => undefined)
      await until(
        async () => (await server.app.reader.queueState()).processing === 1,
        'the first photo is worked on',
      )
      const refused = await sendPhoto(server.url, 'slot-001', { password: server.password })
      assert.is(refused.status, 429)
      assert.is((await readError(refused)).code, 'queue_busy')
      assert.ok(Number(refused.headers.get('retry-after')) > 0)
      controller.abort()
    },
    { queue_max_in_flight_jobs: 1 },
  ))

test('502 when the provider refuses, with the job and the reason', () =>
  withServer(async (server) => {
    await useEcho(server, 'slot-001', { fail: 'content_blocked' })
    const response = await sendPhoto(server.url, 'slot-001', { password: server.password })
    assert.is(response.status, 502)
    const error = await readError(response)
    assert.is(error.code, 'provider_error')
    assert.is(error.details.reason, 'content_blocked')
    assert.is(error.details.job_id, response.headers.get('x-job-id'))
    assert.equal(await listMedia(server.dataDir), [])
  }))

test('503 when an administrator cancels the job', () =>
  withServer(async (server) => {
    await useEcho(server, 'slot-001', { delay_ms: 60_000 })
    const answer = sendPhoto(server.url, 'slot-001', { password: server.password })
    const job = await until(
      async () => (await server.app.reader.list({ status: 'processing' }, 1))[0],
      'the job runs',
    )
    await server.app.finalizer.cancel(job.id, 'test')
    const response = await answer
    assert.is(response.status, 503)
    assert.is((await readError(response)).code, 'job_cancelled')
    assert.equal(await listMedia(server.dataDir), [])
  }))

test('503 when the disk cannot take the photo', () =>
  withServer(async (server) => {
    const { rm, writeFile } = await import('node:fs/promises')
    await rm(server.app.store.scratchDir, { recursive: true })
    await writeFile(server.app.store.scratchDir, 'a file where a folder is needed')
    const response = await sendPhoto(server.url, 'slot-001', { password: server.password })
    assert.is(response.status, 503)
    assert.is((await readError(response)).code, 'queue_unavailable')
  }))

test('503 when the database cannot take the job, and nothing of the upload stays', () =>
  withServer(
    async (server) => {
      const { database } = server.app.config
      const holder = openByUrl(database.kind === 'postgres' ? database.url : database.path)
      await holder.write(async (tx) => {
        // A writer of SQLite locks everything by itself.
        if (database.kind === 'postgres') await sql`lock table jobs in exclusive mode`.execute(tx)
        const response = await sendPhoto(server.url, 'slot-001', { password: server.password })
        assert.is(response.status, 503)
        assert.is((await readError(response)).code, 'queue_unavailable')
      })
      await holder.close()
      await nothingLeft(server)
    },
    { queue_statement_timeout_ms: isShared ? 300 : 1, workers: 0 },
  ))

test('504 when the window closes, with nothing left running or lying about', () =>
  withServer(
    async (server) => {
      await useEcho(server, 'slot-001', { delay_ms: 60_000 })
      const response = await sendPhoto(server.url, 'slot-001', { password: server.password })
      assert.is(response.status, 504)
      const error = await readError(response)
      assert.is(error.code, 'sync_timeout')
      const job = await server.app.reader.get(String(error.details.job_id))
      assert.is(error.details.expires_at, new Date(job.expiresAt).toISOString())
      assert.is(job.failureReason, 'timeout')
      assert.equal(await listMedia(server.dataDir), [])
    },
    { t_sync_response_seconds: 1 },
  ))

test('504 also when no worker ever takes the job', () =>
  withServer(
    async (server) => {
      const response = await sendPhoto(server.url, 'slot-001', { password: server.password })
      assert.is(response.status, 504)
      assert.is((await readError(response)).code, 'sync_timeout')
      assert.equal(await listMedia(server.dataDir), [])
    },
    { t_sync_response_seconds: 1, workers: 0 },
  ))

/** Speaks HTTP by hand, to see what the server says before it has the body. */
async function speak(url: string, head: string, stopAt: RegExp): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let heard = ''
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk) => {
      heard += chunk
      if (stopAt.test(heard)) resolve()
    })
    socket.on('end', resolve)
    socket.on('error', reject)
    socket.write(head)
  })
  socket.destroy()
  return heard
}

const head = (slotId: string, length: number) =>
  `POST /ingest/${slotId} HTTP/1.1\r\nhost: booth\r\ncontent-type: multipart/form-data; boundary=x\r\n` +
  `content-length: ${length}\r\nexpect: 100-continue\r\n\r\n`

test('a booth that asks first is told to continue, or is refused before it has sent its photo', () =>
  withServer(async (server) => {
    assert.match(await speak(server.url, head('slot-001', 1000), /\r\n\r\n/), /^HTTP\/1.1 100 Continue/)
    assert.match(await speak(server.url, head('slot-099', 1000), /\r\n\r\n/), /^HTTP\/1.1 404/)
    assert.match(await speak(server.url, head('slot-001', 99_000_000), /\r\n\r\n/), /^HTTP\/1.1 413/)
  }))

test('a booth that hangs up in mid-upload leaves nothing behind', () =>
  withServer(async (server) => {
    const body =
      '--x\r\nContent-Disposition: form-data; name="fileToUpload"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\nhalf'
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    socket.write(head('slot-001', 100_000).replace('expect: 100-continue\r\n', '') + body)
    await until(async () => (await listMedia(server.dataDir)).length === 1, 'the upload has begun')
    socket.destroy()
    await nothingLeft(server)
  }))

test('when the booth hangs up the job goes on, unless the slot says otherwise', () =>
  withServer(async (server) => {
    const hangUpWhile = async (settings: Record<string, unknown>) => {
      await useEcho(server, 'slot-001', settings)
      const controller = new AbortController()
      const held = sendPhoto(server.url, 'slot-001', { password: server.password, signal: controller.signal })
      held.catch(() => undefined)
      const job = await until(
        async () => (await server.app.reader.list({ status: 'processing' }, 1))[0],
        'the job runs',
      )
      controller.abort()
      return until(async () => {
        const current = await server.app.reader.get(job.id)
        return current.isFinalized && current
      }, 'the job has ended')
    }
    assert.is((await hangUpWhile({ delay_ms: 300 })).status, 'succeeded')
    assert.is(
      (await hangUpWhile({ delay_ms: 60_000, cancel_on_disconnect: true })).failureReason,
      'cancelled',
    )
  }))

test('an unknown address and a wrong method have the same shape of error', () =>
  withServer(async (server) => {
    const lost = await fetch(`${server.url}/nothing/here`)
    assert.is(lost.status, 404)
    assert.is((await readError(lost)).code, 'not_found')
    const wrong = await fetch(`${server.url}/ingest/slot-001`)
    assert.is(wrong.status, 405)
    assert.is((await readError(wrong)).code, 'method_not_allowed')
  }))

test.run()
