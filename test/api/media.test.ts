import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { newId } from '../../src/lib/id.ts'
import { type ApiAnswer, logIn } from '../support/api.ts'
import { createTestClock } from '../support/clock.ts'
import { listMedia } from '../support/files.ts'
import { toForm } from '../support/forms.ts'
import { createNewJob } from '../support/job.ts'
import { heicPortrait, portrait } from '../support/photos.ts'
import { openTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('api/media')

type Call = Awaited<ReturnType<typeof logIn>>
type Clock = ReturnType<typeof createTestClock>

async function withServer(work: (server: TestServer, call: Call, clock: Clock) => Promise<void>) {
  // Tokens are judged by this clock too.
  const clock = createTestClock()
  const server = await openTestServer({ workers: 0, max_upload_mb: 1, clock })
  try {
    await work(server, await logIn(server), clock)
  } finally {
    await server.close()
  }
}

const problemOf = ({ status, body }: ApiAnswer) => [status, body.error.code]
const register = async (call: Call, file: Uint8Array | string = portrait, fields = {}) =>
  call('POST', '/api/media/register', await toForm('file', file, fields))

test('a picture is public for the response window, and then gone', () =>
  withServer(async (_, call, clock) => {
    const { status, body } = await register(call)
    assert.is(status, 201)
    const bytes = await readFile(portrait)
    assert.equal([body.mime, body.size_bytes, body.job_id], ['image/jpeg', bytes.length, null])
    assert.is(Date.parse(body.expires_at), clock.now() + 48_000)
    const answer = await fetch(body.public_url)
    assert.is(answer.headers.get('content-type'), 'image/jpeg')
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes))
    const audit = await call('GET', '/api/audit?action=media.registered')
    assert.equal([audit.body.items[0].target, audit.body.items[0].actor], [body.id, 'serg'])
    clock.advance(48_000)
    assert.is((await fetch(body.public_url)).status, 410)
  }))

test('with a job it is kept no longer than the job', () =>
  withServer(async ({ app }, call, clock) => {
    const job = await app.queue.enqueue(createNewJob({ syncResponseMs: 10_000 }))
    clock.advance(4_000)
    const { status, body } = await register(call, heicPortrait, { job_id: job.id })
    assert.equal([status, body.job_id, body.mime], [201, job.id, 'image/heic'])
    assert.is(Date.parse(body.expires_at), job.expiresAt)
    await app.finalizer.cancel(job.id, 'serg')
    assert.is((await fetch(body.public_url)).status, 410)
  }))

test('a job that is unknown, finished or over takes no files, and nothing of them stays', () =>
  withServer(async ({ app, dataDir }, call, clock) => {
    assert.equal(problemOf(await register(call, portrait, { job_id: newId() })), [404, 'job_not_found'])
    const cancelled = await app.queue.enqueue(createNewJob())
    await app.finalizer.cancel(cancelled.id, 'serg')
    const final = await register(call, portrait, { job_id: cancelled.id })
    assert.equal(problemOf(final), [409, 'job_already_final'])
    const overdue = await app.queue.enqueue(createNewJob({ syncResponseMs: 10_000 }))
    clock.advance(10_000)
    const late = await register(call, portrait, { job_id: overdue.id })
    assert.equal(problemOf(late), [409, 'job_already_final'])
    assert.equal(problemOf(await register(call, portrait, { job_id: 'x' })), [400, 'invalid_request'])
    await until(async () => (await listMedia(dataDir)).length === 0, 'nothing is left of the uploads')
  }))

test('a job that ends while the file comes in keeps nothing of it', () =>
  withServer(async ({ app, dataDir }, call) => {
    const job = await app.queue.enqueue(createNewJob())
    const { register: inspectAndMove } = app.mediaObjects
    app.mediaObjects.register = async (...args) => {
      await app.finalizer.cancel(job.id, 'serg')
      return inspectAndMove(...args)
    }
    const late = await register(call, portrait, { job_id: job.id })
    assert.equal(problemOf(late), [409, 'job_already_final'])
    await until(async () => (await listMedia(dataDir)).length === 0, 'nothing is left of the upload')
  }))

test('what is no picture, broken or too large is refused, and nothing of it stays', () =>
  withServer(async ({ dataDir }, call) => {
    const whole = await readFile(portrait)
    const refusals: [Uint8Array, number, string][] = [
      [Buffer.from('hello'), 400, 'invalid_request'],
      [whole.subarray(0, 20_000), 400, 'invalid_request'],
      [Buffer.concat([whole, Buffer.from('<script>')]), 400, 'invalid_request'],
      [
        Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64'),
        415,
        'unsupported_media_type',
      ],
      [Buffer.alloc(1_100_000), 413, 'payload_too_large'],
    ]
    for (const [bytes, status, code] of refusals)
      assert.equal(problemOf(await register(call, bytes)), [status, code])
    const noFile = await call('POST', '/api/media/register', await toForm('picture', portrait))
    assert.equal(problemOf(noFile), [400, 'invalid_request'])
    await until(async () => (await listMedia(dataDir)).length === 0, 'nothing is left of the uploads')
  }))

test.run()
