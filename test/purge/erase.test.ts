import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { appendLog } from '../../src/jobs/job-log.ts'
import { newId } from '../../src/lib/id.ts'
import { createEraser } from '../../src/purge/erase.ts'
import { sendPhoto } from '../support/booth.ts'
import { createTestClock } from '../support/clock.ts'
import { listMedia } from '../support/files.ts'
import { createNewJob } from '../support/job.ts'
import { portrait } from '../support/photos.ts'
import { rejectionOf } from '../support/rejection.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('purge/erase')

const hourMs = 3_600_000

type Parts = TestServer & { clock: ReturnType<typeof createTestClock> }

async function withServer(work: (server: Parts) => Promise<void>) {
  const clock = createTestClock(Date.now())
  const server = await openTestServer({ workers: 1, clock })
  try {
    for (const slotId of ['slot-001', 'slot-002']) await useEcho(server, slotId)
    await work({ ...server, clock })
  } finally {
    await server.close()
  }
}

/** The id of a job with a picture and a preview. */
async function makePicture({ url, password, dataDir }: TestServer, slotId = 'slot-001'): Promise<string> {
  // Another shot each time: the same one again would be no new job.
  const fields = { name: 'Ann', id: `camera of ${newId()}` }
  const response = await sendPhoto(url, slotId, { password, fields })
  await response.arrayBuffer()
  const id = response.headers.get('x-job-id') ?? ''
  await until(
    async () => (await listMedia(dataDir)).includes(`thumbnails/${id}.webp`),
    'the preview is there',
  )
  return id
}

const everythingKeptOf = async ({ app }: TestServer, id: string) =>
  JSON.stringify([
    await app.db.query.selectFrom('jobs').selectAll().where('id', '=', id).execute(),
    await app.reader.log(id),
  ])

test('a slot is erased: pictures, previews, media objects, fields and texts; other slots and all rows stay', () =>
  withServer(async (server) => {
    const { app, dataDir } = server
    const mine = [await makePicture(server), await makePicture(server)]
    const other = await makePicture(server, 'slot-002')
    const copy = join(app.store.scratchDir, 'copy.jpg')
    await copyFile(portrait, copy)
    const [first = ''] = mine
    await app.mediaObjects.register(copy, { jobId: first, expiresAt: app.clock.now() + hourMs })
    await appendLog(app.db.query, first, {
      event: 'provider_failed',
      occurredAt: app.clock.now(),
      details: { code: 'content_blocked', message: 'Ann is not allowed', left_ms: 5 },
    })
    const before = await listMedia(dataDir)

    const dry = await app.eraser.erase({ scope: { slotId: 'slot-001' }, by: 'igor', dryRun: true })
    assert.equal(await listMedia(dataDir), before)
    assert.match(await everythingKeptOf(server, first), /Ann/)
    const real = await app.eraser.erase({ scope: { slotId: 'slot-001' }, by: 'igor' })
    assert.equal(real, dry)
    assert.equal([real.jobs, real.results, real.files, real.mediaObjects], [2, 2, 5, 1])
    assert.ok(real.bytes > 2 * 70_000)

    assert.equal(await listMedia(dataDir), [`results/${other}.jpg`, `thumbnails/${other}.webp`])
    for (const id of mine) {
      const kept = await everythingKeptOf(server, id)
      assert.not.match(kept, /Ann|camera of/)
      assert.match(kept, /slot-001/)
    }
    assert.match(await everythingKeptOf(server, first), /content_blocked.*left_ms/)
    assert.match(await everythingKeptOf(server, other), /Ann/)
    assert.is((await app.reader.listPage({ slotId: 'slot-001' }, firstPage)).total, 2)
    const entries = await app.audit.list({ actor: 'igor' }, 10)
    assert.equal(
      entries.map(({ action, target }) => [action, target]),
      [
        ['results.erased', 'slot-001'],
        ['results.erase_started', 'slot-001'],
      ],
    )

    const again = await app.eraser.erase({ scope: { slotId: 'slot-001' }, by: 'igor' })
    assert.equal([again.jobs, again.files], [0, 0])
  }))

const firstPage = { page: 1, pageSize: 100, sortBy: 'created_at', sortOrder: 'desc' } as const

test('a period is erased from its first moment up to its end, in all slots', () =>
  withServer(async (server) => {
    const { app, clock } = server
    const start = clock.now()
    const ids: string[] = []
    for (const slotId of ['slot-001', 'slot-002', 'slot-001', 'slot-002']) {
      ids.push(await makePicture(server, slotId))
      clock.advance(hourMs)
    }
    const scope = { from: start + hourMs, to: start + 3 * hourMs }
    assert.is(await app.eraser.count(scope), 2)
    await app.eraser.erase({ scope, by: 'igor' })
    const erased = await Promise.all(ids.map(async (id) => (await app.reader.get(id)).erasedAt !== undefined))
    assert.equal(erased, [false, true, true, false])
  }))

test('jobs that wait are cancelled first; nothing that comes later is touched', () =>
  withServer(async (server) => {
    const { app, clock } = server
    // Nobody works on this one: no worker claims what is over its time.
    const { id } = await app.queue.enqueue(createNewJob({ syncResponseMs: 0, fields: { name: 'Ann' } }))
    const report = await app.eraser.erase({ scope: { to: clock.now() + hourMs }, by: 'igor' })
    assert.equal([report.cancelledJobs, report.jobs], [1, 1])
    const job = await app.reader.get(id)
    assert.equal([job.failureReason, job.fields], ['cancelled', {}])
  }))

test('more jobs than fit into one batch are erased, those of one millisecond too', () =>
  withServer(async (server) => {
    const { app, clock } = server
    const ids: string[] = []
    for (let at = 0; at < 230; at += 1) {
      const { id } = await app.queue.enqueue(createNewJob({ syncResponseMs: 0, fields: { name: 'Ann' } }))
      ids.push(id)
      await app.finalizer.cancel(id, 'serg')
      if (at === 150) clock.advance(1)
    }
    const progress: number[] = []
    const report = await app.eraser.erase({
      scope: { slotId: 'slot-001' },
      by: 'igor',
      onProgress: (jobs) => progress.push(jobs),
    })
    assert.is(report.jobs, 230)
    assert.equal(progress, [100, 200, 230])
    const { left } = await app.db.query
      .selectFrom('jobs')
      .select((eb) => eb.fn.countAll<number>().as('left'))
      .where('fields_json', '!=', '{}')
      .executeTakeFirstOrThrow()
    assert.is(left, 0)
  }))

test('what stops halfway leaves no picture public, and a repeat does the rest', () =>
  withServer(async (server) => {
    const { app, url, dataDir } = server
    const id = await makePicture(server)
    // The process ends between the files and the row.
    const dying = createEraser({
      ...app,
      recordAudit: async () => {
        throw new Error('killed')
      },
    })
    await rejectionOf(dying.eraseJob(id, 'igor'))
    assert.equal(await listMedia(dataDir), [])
    const answer = await fetch(`${url}/public/results/${id}`)
    assert.is(answer.status, 410)
    assert.is((await fetch(`${url}/public/results/${id}/thumbnail`)).status, 410)
    assert.is((await app.reader.get(id)).erasedAt, undefined)

    const report = await app.eraser.erase({ scope: { slotId: 'slot-001' }, by: 'igor' })
    assert.is(report.jobs, 1)
    assert.ok((await app.reader.get(id)).erasedAt)
    assert.not.match(await everythingKeptOf(server, id), /Ann/)
    assert.is((await app.sweeper.sweep({ scope: 'full' })).files, 0)
  }))

test('an interruption ends it between two batches, and says so', () =>
  withServer(async (server) => {
    const { app } = server
    for (let at = 0; at < 120; at += 1) {
      const { id } = await app.queue.enqueue(createNewJob({ syncResponseMs: 0 }))
      await app.finalizer.cancel(id, 'serg')
    }
    const stopping = new AbortController()
    const report = await app.eraser.erase({
      scope: { slotId: 'slot-001' },
      by: 'igor',
      signal: stopping.signal,
      onProgress: () => stopping.abort(),
    })
    assert.is(report.jobs, 100)
    const [last] = await app.audit.list({ action: 'results.erased' }, 1)
    assert.match(JSON.stringify(last?.after), '"is_complete":false')
    assert.is(await app.eraser.count({ slotId: 'slot-001' }), 20)
  }))

test.run()
