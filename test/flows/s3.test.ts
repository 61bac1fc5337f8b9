import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sendPhoto } from '../support/booth.ts'
import { createTestClock } from '../support/clock.ts'
import { startS3, type TestS3 } from '../support/s3.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('flows/s3')

interface Site {
  server: TestServer
  s3: TestS3
  clock: ReturnType<typeof createTestClock>
}

async function withServer(settings: Record<string, unknown>, work: (site: Site) => Promise<void>) {
  const s3 = await startS3()
  const clock = createTestClock(Date.now())
  const server = await openTestServer({ ...s3.settings, workers: 2, clock, ...settings })
  try {
    await useEcho(server, 'slot-001')
    await work({ server, s3, clock })
  } finally {
    await server.close()
    await s3.close()
  }
}

async function send({ url, password }: TestServer) {
  const response = await sendPhoto(url, 'slot-001', {
    password,
    fields: { name: randomBytes(8).toString('hex') },
  })
  assert.is(response.status, 200)
  const picture = Buffer.from(await response.arrayBuffer())
  return { id: response.headers.get('x-job-id') ?? '', picture }
}

async function keysIn({ app }: TestServer): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of app.store.list('')) keys.push(key)
  return keys.sort()
}

const hasThumbnail = (server: TestServer, id: string) =>
  until(async () => (await keysIn(server)).includes(`thumbnails/${id}.webp`), 'the preview is there')

const unfollowed = { redirect: 'manual' } as const

test('a photo goes its way through a bucket, and nothing but picture and preview stays', () =>
  withServer({}, async ({ server, s3 }) => {
    const { id, picture } = await send(server)
    await hasThumbnail(server, id)
    assert.equal(await keysIn(server), [`results/${id}.jpg`, `thumbnails/${id}.webp`])
    assert.equal(await readdir(join(server.dataDir, 'tmp')), [], 'every local copy is released')
    assert.ok(
      s3.calls.every((call) => call.includes('/pictures/photo-booth/') || call.endsWith('/pictures/')),
    )
    const answer = await fetch(`${server.url}/public/results/${id}`)
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(picture))
    assert.is(new URL(answer.url).origin, server.url)
    assert.is((await fetch(`${server.url}/readyz`)).status, 200)
  }))

test('every photo comes back while one call in five to the bucket fails', () =>
  withServer({ workers: 4 }, async ({ server, s3 }) => {
    s3.failSome(0.2, 3)
    await Promise.all(Array.from({ length: 10 }, () => send(server)))
    assert.ok(s3.failures() > 10, `${s3.failures()} failures`)
  }))

test('a bucket that refuses everything is 503 to a booth, which learns why', () =>
  withServer({}, async ({ server: { url, password }, s3 }) => {
    s3.refuseAll({ status: 403, code: 'InvalidAccessKeyId' })
    const answer = await sendPhoto(url, 'slot-001', { password })
    assert.is(answer.status, 503)
    assert.match(await answer.text(), /does not know the access key/)
    assert.is((await fetch(`${url}/readyz`)).status, 503)
  }))

test('a guest who asks for the picture is sent to the bucket, where the operator wants that', () =>
  withServer({ s3_redirects: true }, async ({ server, s3 }) => {
    const { id, picture } = await send(server)
    for (const path of [`/public/results/${id}`, `/r/${id}/picture?download`]) {
      const answer = await fetch(`${server.url}${path}`, unfollowed)
      assert.ok([302, 307].includes(answer.status), path)
      assert.is(answer.headers.get('cache-control'), 'no-store')
      const location = new URL(answer.headers.get('location') ?? '')
      assert.is(location.origin, s3.endpoint)
      assert.is(location.searchParams.get('X-Amz-Expires'), '60')
      const file = await fetch(location, { headers: { range: 'bytes=10-19' } })
      assert.is(file.status, 206)
      assert.ok(Buffer.from(await file.arrayBuffer()).equals(picture.subarray(10, 20)))
      assert.is(file.headers.get('content-type'), 'image/jpeg')
    }
    const shown = await fetch(`${server.url}/r/${id}/picture`, unfollowed)
    assert.is(shown.status, 200, 'a page may show pictures of this server only')
    await shown.arrayBuffer()
    const head = await fetch(`${server.url}/public/results/${id}`, { method: 'HEAD' })
    assert.is(head.status, 200)
    assert.is(head.headers.get('content-length'), String(picture.length))
  }))

test('what is unknown, over or gone is told by the server and not by the bucket', () =>
  withServer({ s3_redirects: true }, async ({ server, clock }) => {
    const { id } = await send(server)
    const gone = await send(server)
    await server.app.store.remove(`results/${gone.id}.jpg`)
    const statusOf = async (path: string) => (await fetch(`${server.url}${path}`)).status
    assert.is(await statusOf(`/public/results/${gone.id}`), 410)
    assert.is(await statusOf(`/public/results/${gone.id}x`), 404)
    clock.advance(73 * 3_600_000)
    assert.is(await statusOf(`/public/results/${id}`), 410)
    assert.is(await statusOf(`/r/${id}/picture?download`), 410)
    await server.app.sweeper.sweep({ scope: 'full' })
    assert.equal(
      (await keysIn(server)).filter((key) => key.includes(id)),
      [],
    )
  }))

test('an address lives no longer than the picture', () =>
  withServer({ s3_redirects: true }, async ({ server, clock }) => {
    const { id } = await send(server)
    clock.advance(72 * 3_600_000 - 20_000)
    const answer = await fetch(`${server.url}/public/results/${id}`, unfollowed)
    const lifeSec = Number(new URL(answer.headers.get('location') ?? '').searchParams.get('X-Amz-Expires'))
    assert.ok(lifeSec <= 20 && lifeSec > 0, `${lifeSec} s`)
  }))

test.run()
