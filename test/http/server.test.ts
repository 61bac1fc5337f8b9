// What the server tells machines and people besides photos.
import { rm, writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readError, sendPhoto } from '../support/booth.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('http/server')

async function withServer(work: (server: TestServer) => Promise<void>, options = {}) {
  const server = await openTestServer(options)
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

test('healthz is alive and readyz can take photos', () =>
  withServer(async ({ url }) => {
    assert.equal(await (await fetch(`${url}/healthz`)).json(), { status: 'ok' })
    const ready = await fetch(`${url}/readyz`)
    assert.is(ready.status, 200)
    assert.equal(await ready.json(), { status: 'ready', checks: { database: 'ok', disk: 'ok', queue: 'ok' } })
  }))

test('readyz names what is wrong: disk, queue', () =>
  withServer(
    async (server) => {
      const controller = new AbortController()
      sendPhoto(server.url, 'slot-001', { password: server.password, signal: controller.signal }).catch(
        () => undefined,
      )
      await until(async () => (await server.app.reader.queueState()).pending === 1, 'the queue is full')
      await rm(server.app.store.scratchDir, { recursive: true })
      await writeFile(server.app.store.scratchDir, '')
      const response = await fetch(`${server.url}/readyz`)
      assert.is(response.status, 503)
      const { status, checks } = (await response.json()) as { status: string; checks: unknown }
      assert.is(status, 'not_ready')
      assert.equal(checks, { database: 'ok', disk: 'failed', queue: 'failed' })
      controller.abort()
    },
    { queue_max_in_flight_jobs: 1, workers: 0 },
  ))

test('metrics count ingests, jobs, attempts and the disk', () =>
  withServer(async (server) => {
    await useEcho(server, 'slot-001')
    await useEcho(server, 'slot-002', { fail: 'content_blocked' })
    await (await sendPhoto(server.url, 'slot-001', { password: server.password })).arrayBuffer()
    await (await sendPhoto(server.url, 'slot-002', { password: server.password })).arrayBuffer()
    await (await sendPhoto(server.url, 'slot-099', { password: server.password })).arrayBuffer()
    const response = await fetch(`${server.url}/metrics`)
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0.0.4/)
    const text = await response.text()
    for (const line of [
      'photochanger_ingests_total{slot="slot-001",outcome="ok"} 1',
      'photochanger_ingests_total{slot="slot-002",outcome="provider_error"} 1',
      'photochanger_ingests_total{slot="unknown",outcome="slot_not_found"} 1',
      'photochanger_jobs_finalized_total{slot="slot-001",outcome="success"} 1',
      'photochanger_jobs_finalized_total{slot="slot-002",outcome="provider_error"} 1',
      'photochanger_provider_attempts_total{provider="echo",outcome="content_blocked"} 1',
      'photochanger_queue_jobs{status="pending"} 0',
      'photochanger_queue_oldest_age_seconds 0',
    ]) {
      assert.ok(text.includes(`${line}\n`), line)
    }
    assert.ok(Number(/^photochanger_media_used_bytes (\S+)/m.exec(text)?.[1]) > 70_000)
    const { freeBytes } = await server.app.store.usage()
    // A bucket has no limit of its own.
    const free = /^photochanger_media_free_bytes (\S+)/m.exec(text)?.[1]
    assert.is(Number(free) > 0, freeBytes !== undefined)
  }))

test('whoever opens the address in a browser comes to a page to log in', () =>
  withServer(async ({ url }) => {
    const page = await fetch(url)
    assert.is(page.url, `${url}/login?next=%2F`)
    assert.is(page.headers.get('content-type'), 'text/html; charset=utf-8')
    const style = await fetch(`${url}/assets/console.css`)
    assert.match(style.headers.get('content-type') ?? '', /^text\/css/)
  }))

test('a bug is answered with an id that is in the log, and with nothing of the inside', () =>
  withServer(async (server) => {
    server.app.slots.getOpen = () => Promise.reject(new TypeError('secret detail'))
    const response = await sendPhoto(server.url, 'slot-001', { password: server.password })
    assert.is(response.status, 500)
    const error = await readError(response)
    assert.is(error.code, 'internal_error')
    assert.not(JSON.stringify(error).includes('secret detail'))
    const line = server.logged.find(({ event }) => event === 'request.failed')
    assert.is(line?.request, error.details.correlation_id)
    assert.match(JSON.stringify(line), 'secret detail')
  }))

test('a stopping server lets its waiting booths go with 503', async () => {
  const server = await openTestServer({ workers: 0 })
  const answer = sendPhoto(server.url, 'slot-001', { password: server.password })
  await until(async () => (await server.app.reader.queueState()).pending === 1, 'the booth waits')
  const closing = server.server.letGo()
  const response = await answer
  assert.is(response.status, 503)
  assert.is((await readError(response)).code, 'queue_unavailable')
  await closing
  await server.close()
})

test('a body without a length stops at the limit', () =>
  withServer(
    async (server) => {
      let sent = 0
      const part =
        '--x\r\nContent-Disposition: form-data; name="fileToUpload"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from(part)),
        pull(controller) {
          sent += 1
          if (sent > 1000) controller.close()
          else controller.enqueue(Buffer.alloc(64 * 1024, 1))
        },
      })
      const request = {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
        body,
        duplex: 'half',
      }
      const response = await fetch(`${server.url}/ingest/slot-001`, request as RequestInit)
      assert.is(response.status, 413)
      assert.is((await readError(response)).code, 'payload_too_large')
    },
    { max_upload_mb: 1 },
  ))

test('part headers without end are bounded too', () =>
  withServer(
    async (server) => {
      const head = `--x\r\nContent-Disposition: form-data; name="${'a'.repeat(3 * 1024 * 1024)}`
      const response = await fetch(`${server.url}/ingest/slot-001`, {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
        body: new ReadableStream({
          start(controller) {
            controller.enqueue(Buffer.from(head))
            controller.close()
          },
        }),
        duplex: 'half',
      } as RequestInit)
      assert.is(response.status, 413)
    },
    { max_upload_mb: 1 },
  ))

test.run()
