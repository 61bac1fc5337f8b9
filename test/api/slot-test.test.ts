import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { logIn } from '../support/api.ts'
import { sendPhoto } from '../support/booth.ts'
import { listMedia } from '../support/files.ts'
import { toForm } from '../support/forms.ts'
import { createNewJob } from '../support/job.ts'
import { heicPortrait, portrait } from '../support/photos.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('api/slot-test')

type Call = Awaited<ReturnType<typeof logIn>>

async function withServer(work: (server: TestServer, call: Call) => Promise<void>, options = {}) {
  const server = await openTestServer({ workers: 1, ...options })
  try {
    await work(server, await logIn(server))
  } finally {
    await server.close()
  }
}

const path = '/api/slots/slot-001/test'
const photo = (file: Uint8Array | string = portrait, fields = {}) => toForm('fileToUpload', file, fields)

const figuresOf = async (call: Call) => (await call('GET', '/api/stats/slot-001')).body.summary

test('a photo takes the way of a booth’s, and everything that happened to it is told', () =>
  withServer(async ({ app }, call) => {
    const { status, body } = await call(
      'POST',
      path,
      await photo(portrait, { password: 'typed by mistake', name: 'Booth 1' }),
    )
    assert.is(status, 200)
    assert.equal([body.job.status, body.job.is_test, body.job.slot_id], ['succeeded', true, 'slot-001'])
    assert.equal(
      body.processing_log.map(({ event }: { event: string }) => event),
      ['received', 'dispatched', 'succeeded'],
    )
    const { queue_wait_ms: waitMs, processing_ms: workMs, total_elapsed_ms: totalMs } = body.metrics
    assert.is(waitMs + workMs, totalMs)
    assert.is(body.error, null)
    assert.equal([body.result.mime, body.result.width_px, body.result.height_px], ['image/jpeg', 512, 512])
    const picture = await fetch(body.result.download_url)
    const bytes = Buffer.from(await picture.arrayBuffer())
    assert.is(bytes.length, body.result.size_bytes)
    assert.is((await sharp(bytes).metadata()).width, 512)

    const { fields } = await app.reader.get(body.job.id)
    assert.equal(fields, { name: 'Booth 1' })
  }))

test('a test stays out of the statistics and is never taken for a repeat', () =>
  withServer(async ({ url, password }, call) => {
    await (await sendPhoto(url, 'slot-001', { password, fields: { name: 'Booth 1' } })).arrayBuffer()
    const before = await figuresOf(call)
    assert.is(before.ingest_count, 1)
    const first = await call('POST', path, await photo(portrait, { name: 'Booth 1' }))
    const second = await call('POST', path, await photo(portrait, { name: 'Booth 1' }))
    assert.is.not(first.body.job.id, second.body.job.id)
    const after = await figuresOf(call)
    assert.equal(
      [after.ingest_count, after.success, after.errors],
      [before.ingest_count, before.success, before.errors],
    )
    await (await sendPhoto(url, 'slot-001', { password, fields: { name: 'Booth 2' } })).arrayBuffer()
    assert.is((await figuresOf(call)).ingest_count, 2)
  }))

test('a HEIC photo is tested as it comes', () =>
  withServer(async (_, call) => {
    const { status, body } = await call('POST', path, await photo(heicPortrait))
    assert.equal([status, body.job.status, body.result.mime], [200, 'succeeded', 'image/jpeg'])
  }))

test('a failure is an answer too, with its reason and its log', () =>
  withServer(async (server, call) => {
    await useEcho(server, 'slot-001', { fail: 'content_blocked' })
    const before = await figuresOf(call)
    const { status, body } = await call('POST', path, await photo())
    assert.equal([status, body.result], [200, null])
    assert.equal(body.error, { code: 'content_blocked', message: 'Rehearsed failure: content_blocked.' })
    assert.equal([body.job.status, body.job.failure_reason], ['failed', 'provider_error'])
    assert.ok(body.processing_log.some(({ event }: { event: string }) => event === 'failed'))
    assert.equal(await figuresOf(call), before)
  }))

const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

const refusals: [string, () => Promise<Uint8Array>, number, string][] = [
  ['no picture', async () => Buffer.from('hello'), 400, 'invalid_request'],
  ['a truncated one', async () => (await readFile(portrait)).subarray(0, 20_000), 400, 'invalid_request'],
  [
    'a polyglot',
    async () => Buffer.concat([await readFile(portrait), Buffer.from('<script>')]),
    400,
    'invalid_request',
  ],
  ['a GIF', async () => gif, 415, 'unsupported_media_type'],
  ['too many bytes', async () => Buffer.alloc(1_100_000), 413, 'payload_too_large'],
  ['an empty file', async () => Buffer.alloc(0), 400, 'invalid_request'],
]
for (const [what, bytes, status, code] of refusals) {
  test(`${what} is refused with ${status}, and nothing of it stays`, () =>
    withServer(
      async ({ app, dataDir }, call) => {
        const answer = await call('POST', path, await photo(await bytes()))
        assert.equal([answer.status, answer.body.error.code], [status, code])
        await until(async () => (await listMedia(dataDir)).length === 0, 'nothing is left of the upload')
        assert.equal(await app.reader.list({}, 10), [])
      },
      { max_upload_mb: 1 },
    ))
}

test('a slot that takes no photos, a missing file and a full queue are refused', () =>
  withServer(
    async ({ app, dataDir }, call) => {
      const codeOf = async (...args: Parameters<Call>) => {
        const { status, body } = await call(...args)
        return [status, body.error.code]
      }
      assert.equal(await codeOf('POST', '/api/slots/slot-004/test', await photo()), [404, 'slot_not_found'])
      assert.equal(await codeOf('POST', path, await toForm('picture', portrait)), [400, 'invalid_request'])
      await app.queue.enqueue(createNewJob())
      assert.equal(await codeOf('POST', path, await photo()), [429, 'queue_busy'])
      await until(async () => (await listMedia(dataDir)).length === 0, 'nothing is left of the upload')
    },
    { workers: 0, queue_max_in_flight_jobs: 1 },
  ))

test.run()
