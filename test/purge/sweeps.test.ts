import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { newId } from '../../src/lib/id.ts'
import { sendPhoto } from '../support/booth.ts'
import { createTestClock } from '../support/clock.ts'
import { leaveMedia, listMedia, touchMedia } from '../support/files.ts'
import { portrait } from '../support/photos.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('purge/sweeps')

async function withServer(
  work: (server: TestServer, clock: ReturnType<typeof createTestClock>) => Promise<void>,
  options = {},
) {
  const clock = createTestClock(Date.now())
  const server = await openTestServer({ clock, ...options })
  try {
    await useEcho(server, 'slot-001')
    await work(server, clock)
  } finally {
    await server.close()
  }
}

async function makeResult({ url, password, dataDir }: TestServer): Promise<string> {
  const response = await sendPhoto(url, 'slot-001', { password })
  await response.arrayBuffer()
  const id = response.headers.get('x-job-id') ?? ''
  await until(
    async () => (await listMedia(dataDir)).includes(`thumbnails/${id}.webp`),
    'the thumbnail is there',
  )
  return id
}

async function leave({ dataDir }: TestServer, key: string, ageMs = 0) {
  await leaveMedia(dataDir, key, 'left over')
  await touchMedia(dataDir, key, new Date(Date.now() - ageMs))
}

const hourMs = 3_600_000

test('a sweep of temporary media leaves results alone; a full one removes what has expired, and only that', () =>
  withServer(async (server, clock) => {
    const old = await makeResult(server)
    clock.advance(71 * hourMs)
    const young = await makeResult(server)
    clock.advance(hourMs)
    assert.is((await server.app.sweeper.sweep({ scope: 'media_objects' })).files, 0)
    const report = await server.app.sweeper.sweep({ scope: 'full' })
    assert.is(report.expiredResults, 1)
    assert.is(report.files, 2)
    assert.ok(report.bytes > 70_000)
    assert.equal(await listMedia(server.dataDir), [`results/${young}.jpg`, `thumbnails/${young}.webp`])
    const job = await server.app.reader.get(old)
    assert.is(job.result, undefined)
    assert.is(job.status, 'succeeded')
  }))

test('a dry run counts the same and removes nothing', () =>
  withServer(async (server, clock) => {
    await makeResult(server)
    await leave(server, `results/${newId()}.jpg`, hourMs)
    clock.advance(72 * hourMs)
    const before = await listMedia(server.dataDir)
    const dry = await server.app.sweeper.sweep({ scope: 'full', dryRun: true })
    assert.equal([dry.expiredResults, dry.orphanFiles], [1, 1])
    assert.equal(await listMedia(server.dataDir), before)
    const real = await server.app.sweeper.sweep({ scope: 'full' })
    assert.equal([real.expiredResults, real.orphanFiles], [1, 1])
  }))

test('sweeps at once remove each file once and harm nothing', () =>
  withServer(async (server, clock) => {
    await Promise.all(Array.from({ length: 5 }, () => makeResult(server)))
    for (let at = 0; at < 5; at += 1) await leave(server, `staged/${newId()}.1`, hourMs)
    clock.advance(72 * hourMs)
    const reports = await Promise.all(
      Array.from({ length: 3 }, () => server.app.sweeper.sweep({ scope: 'full' })),
    )
    const sum = (key: 'files' | 'orphanFiles' | 'expiredResults') =>
      reports.reduce((total, report) => total + report[key], 0)
    assert.is(sum('files'), 15)
    assert.is(sum('orphanFiles'), 5)
    assert.equal(await listMedia(server.dataDir), [])
  }))

test('orphans go when they are old, in every folder; young ones may still get their row', () =>
  withServer(async (server) => {
    const folders = ['payloads', 'staged', 'media', 'results', 'thumbnails', 'templates']
    for (const folder of folders) {
      await leave(server, `${folder}/${newId()}.jpg`, hourMs)
      await leave(server, `${folder}/${newId()}.jpg`)
    }
    await leave(server, `tmp/${newId()}`, hourMs)
    await leave(server, `tmp/${newId()}`)
    const report = await server.app.sweeper.sweep({ scope: 'full' })
    assert.is(report.orphanFiles, folders.length + 1)
    assert.is((await listMedia(server.dataDir)).length, folders.length + 1)
  }))

test('what a finished job has left goes at once, whatever its age', () =>
  withServer(async (server) => {
    const id = await makeResult(server)
    const kept = await listMedia(server.dataDir)
    await leave(server, `payloads/${id}.jpg`)
    await leave(server, `staged/${id}.1`)
    await leave(server, `tmp/${id}.1/decoded.jpg`)
    await server.app.sweeper.sweep({ scope: 'media_objects' })
    assert.equal(await listMedia(server.dataDir), kept)
  }))

test('the payload of a job that waits or runs stays, however old it is', () =>
  withServer(
    async (server) => {
      const controller = new AbortController()
      sendPhoto(server.url, 'slot-001', { password: server.password, signal: controller.signal }).catch(
        () => undefined,
      )
      await until(async () => (await server.app.reader.queueState()).pending === 1, 'the job waits')
      const [payload] = await listMedia(server.dataDir)
      await touchMedia(server.dataDir, String(payload), new Date(0))
      await server.app.sweeper.sweep({ scope: 'full' })
      assert.equal(await listMedia(server.dataDir), [payload])
      controller.abort()
    },
    { workers: 0 },
  ))

test('a replaced template stays for the job that was created with it, and then goes', () =>
  withServer(
    async (server, clock) => {
      const { app } = server
      const bind = () =>
        app.templates.bind({ slotId: 'slot-001', settingKey: 'logo', localPath: portrait, replace: true })
      const first = await bind()
      const controller = new AbortController()
      sendPhoto(server.url, 'slot-001', { password: server.password, signal: controller.signal }).catch(
        () => undefined,
      )
      await until(async () => (await app.reader.queueState()).pending === 1, 'the job waits')
      const second = await bind()
      for (const { path } of [first, second]) await touchMedia(server.dataDir, path, new Date(0))
      const templates = async () =>
        (await listMedia(server.dataDir)).filter((file) => file.startsWith('templates/'))
      await app.sweeper.sweep({ scope: 'full' })
      assert.equal(await templates(), [first.path, second.path].sort())
      clock.advance(60_000)
      await app.sweeper.sweep({ scope: 'full' })
      assert.equal(await templates(), [second.path])
      controller.abort()
    },
    { workers: 0 },
  ))

test('media objects are public until they expire, then 410, and their file goes; unknown ones are 404', () =>
  withServer(async (server, clock) => {
    const copy = join(server.app.store.scratchDir, newId())
    await copyFile(portrait, copy)
    const object = await server.app.mediaObjects.register(copy, { expiresAt: clock.now() + 30_000 })
    const address = server.app.links.mediaObject(object.id)
    const live = await fetch(address)
    assert.is(live.status, 200)
    assert.is(live.headers.get('content-type'), 'image/jpeg')
    assert.is((await live.arrayBuffer()).byteLength, object.sizeBytes)
    assert.is((await fetch(server.app.links.mediaObject(newId()))).status, 404)

    clock.advance(30_000)
    assert.is((await fetch(address)).status, 410)
    assert.is((await server.app.sweeper.sweep({ scope: 'media_objects' })).expiredMediaObjects, 1)
    assert.equal(await listMedia(server.dataDir), [])
    assert.is((await fetch(address)).status, 410)
  }))

test('a job that nobody ended is ended by the sweep, with its photo removed', () =>
  withServer(
    async (server, clock) => {
      const controller = new AbortController()
      sendPhoto(server.url, 'slot-001', { password: server.password, signal: controller.signal }).catch(
        () => undefined,
      )
      await until(async () => (await server.app.reader.queueState()).pending === 1, 'the job waits')
      clock.advance(48_000)
      const swept = await server.app.sweeper.sweep({ scope: 'media_objects' })
      const [job] = await server.app.reader.list({}, 1)
      assert.is(job?.failureReason, 'timeout')
      assert.ok(swept.overdueJobs <= 1)
      assert.equal(await listMedia(server.dataDir), [])
      controller.abort()
    },
    { workers: 0 },
  ))

test.run()
