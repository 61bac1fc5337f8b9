// Clients that keep a connection without using it; and booths, which wait for long and must not be mistaken for them.
import { readdir } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sendPhoto } from '../support/booth.ts'
import { openRaw } from '../support/raw-http.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('http/slow-clients')

async function withServer(work: (server: TestServer) => Promise<void>, http: object) {
  const server = await openTestServer({ http })
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

const form =
  '--x\r\nContent-Disposition: form-data; name="fileToUpload"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
const post = (more: string) =>
  `POST /ingest/slot-001 HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\n${more}\r\n`

test('a connection that says nothing, or never ends its headers, is closed with 408', () =>
  withServer(
    async ({ url }) => {
      const silent = await openRaw(url)
      assert.match(await silent.ended(), /^(HTTP\/1\.1 408 |$)/)
      const slow = await openRaw(url)
      slow.send('GET /healthz HTTP/1.1\r\nX-Slow: ')
      assert.match(await slow.ended(), /^HTTP\/1\.1 408 [\s\S]*"code":"request_timeout"/)
    },
    { patience: { headersMs: 50, lookEveryMs: 20 } },
  ))

test('an upload that hardly moves is ended with 408, and leaves no file', () =>
  withServer(
    async (server) => {
      const slow = await openRaw(server.url)
      slow.send(post('Content-Length: 1000000\r\n') + form)
      assert.match(await slow.ended(), /^HTTP\/1\.1 408 [\s\S]*"code":"request_timeout"/)
      const files = () => readdir(server.app.store.scratchDir)
      await until(async () => (await files()).length === 0, 'what had come is removed')
    },
    { bodyPace: { windowMs: 60, leastBytes: 1024 } },
  ))

test('a body that takes longer than a request may is ended with 408', () =>
  withServer(
    async ({ url }) => {
      const slow = await openRaw(url)
      slow.send(post('Content-Length: 1000000\r\n') + form)
      assert.match(await slow.ended(), /^HTTP\/1\.1 408 /)
    },
    { patience: { headersMs: 50, requestMs: 100, lookEveryMs: 20 } },
  ))

test('a booth whose photo is here waits for its picture longer than all of these limits', () =>
  withServer(
    async (server) => {
      await useEcho(server, 'slot-001', { delay_ms: 2000 })
      const answer = await sendPhoto(server.url, 'slot-001', { password: server.password })
      assert.is(answer.status, 200)
      assert.ok((await answer.arrayBuffer()).byteLength > 10_000)
    },
    {
      patience: { headersMs: 400, requestMs: 500, lookEveryMs: 20, nextRequestMs: 50, nextFromProxyMs: 50 },
      bodyPace: { windowMs: 400, leastBytes: 1024 },
    },
  ))

test('a connection that waits for its next request is closed after a while', () =>
  withServer(
    async ({ url }) => {
      const idle = await openRaw(url)
      idle.send('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
      assert.match(await idle.ended(), /"status":"ok"/)
    },
    { patience: { nextRequestMs: 60_000, nextFromProxyMs: 50 } },
  ))

test.run()
