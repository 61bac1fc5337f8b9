import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type PhotoAnswer, postPhoto } from '../../src/booth/post-photo.ts'
import { runRehearsal, toLatency } from '../../src/booth/rehearsal.ts'
import { AppError } from '../../src/errors.ts'
import { openHttpServer, photoPath } from './counterpart.ts'

const test = suite('booth/rehearsal')

const post = (url: string, signal?: AbortSignal) =>
  postPhoto({ url, slotId: 'slot-001', photoPath, password: 'geheim', timeoutMs: 20_000, signal })

test('every answer is counted once, under its status and its error', async () => {
  let seen = 0
  const server = await openHttpServer((request, response) => {
    seen += 1
    const turn = seen % 5
    request.resume().once('end', () => {
      if (turn === 1) return response.writeHead(429).end('{"error":{"code":"queue_busy","message":"Full."}}')
      if (turn === 2) return request.socket.destroy()
      return response.writeHead(200, { 'content-type': 'image/jpeg' }).end('jpeg')
    })
  })
  const progress: number[] = []
  const indexes: number[] = []
  const summary = await runRehearsal({
    repeat: 21,
    concurrency: 3,
    send: (index) => {
      indexes.push(index)
      return post(server.url)
    },
    onProgress: (done) => progress.push(done),
  })
  await server.close()
  assert.is(seen, 21)
  assert.equal([summary.sent, summary.ok, summary.failed], [21, 12, 9])
  assert.equal(summary.statuses, { 200: 12, 429: 5, none: 4 })
  assert.equal(
    summary.errors.map(({ code, count }) => ({ code, count })),
    [
      { code: 'queue_busy', count: 5 },
      { code: 'server_unreachable', count: 4 },
    ],
  )
  assert.is(summary.errors[0]?.message, 'Full.')
  const numbers = Array.from({ length: 21 }, (_, index) => index)
  assert.equal(indexes, numbers)
  assert.equal(
    progress,
    numbers.map((index) => index + 1),
  )
  const { min = -1, p50 = -1, max = -1 } = summary.latencyMs ?? {}
  assert.ok(min > 0 && min <= p50 && p50 <= max && max <= summary.totalMs)
  assert.is(summary.perSecond, 12 / (summary.totalMs / 1000))
})

test('as many photos are under way at once as were asked for, and never more', async () => {
  const waiting: (() => void)[] = []
  let most = 0
  const server = await openHttpServer((request, response) => {
    request.resume().once('end', async () => {
      waiting.push(() => response.writeHead(200, { 'content-type': 'image/jpeg' }).end('jpeg'))
      most = Math.max(most, waiting.length)
      // Only a fourth photo at once lets them go; after the twelfth nobody waits for one.
      if (waiting.length === 4) for (const answer of waiting.splice(0)) answer()
    })
  })
  const summary = await runRehearsal({ repeat: 12, concurrency: 4, send: () => post(server.url) })
  await server.close()
  assert.equal([summary.ok, most], [12, 4])
})

test('an interrupted rehearsal sums up what was finished', async () => {
  const controller = new AbortController()
  let seen = 0
  const server = await openHttpServer((request, response) => {
    seen += 1
    if (seen === 4) return controller.abort()
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'image/jpeg' }).end('jpeg'))
  })
  const { signal } = controller
  const summary = await runRehearsal({
    repeat: 50,
    concurrency: 1,
    signal,
    send: () => post(server.url, signal),
  })
  await server.close()
  assert.equal([seen, summary.sent, summary.ok, summary.failed], [4, 3, 3, 0])
})

test('a photo that cannot be read ends the rehearsal in every lane', async () => {
  let calls = 0
  const server = await openHttpServer((request, response) => {
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'image/jpeg' }).end('jpeg'))
  })
  const send = (index: number): Promise<PhotoAnswer> => {
    calls += 1
    return index === 0 ? Promise.reject(new AppError('invalid_usage')) : post(server.url)
  }
  const error = await runRehearsal({ repeat: 50, concurrency: 2, send }).catch((cause: unknown) => cause)
  await server.close()
  assert.is((error as AppError).code, 'invalid_usage')
  assert.is(calls, 2)
})

test('percentiles are by nearest rank', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index)
  assert.equal(toLatency(values), { min: 1, p50: 100, p90: 180, p95: 190, p99: 198, max: 200 })
  assert.equal(toLatency([7]), { min: 7, p50: 7, p90: 7, p95: 7, p99: 7, max: 7 })
  assert.is(toLatency([]), undefined)
})

test.run()
