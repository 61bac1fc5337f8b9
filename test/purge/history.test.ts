import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { leaseOf } from '../../src/jobs/job.ts'
import { newId } from '../../src/lib/id.ts'
import { createTestClock } from '../support/clock.ts'
import { addPicture, startJob } from '../support/finished.ts'
import { openTestServer, type TestServer } from '../support/server.ts'

const test = suite('purge/history')
const dayMs = 24 * 3_600_000

async function withHistory(
  days: number | undefined,
  work: (server: TestServer, clock: ReturnType<typeof createTestClock>) => Promise<void>,
) {
  const clock = createTestClock(Date.now())
  const server = await openTestServer({ workers: 0, clock, job_history_days: days })
  try {
    await work(server, clock)
  } finally {
    await server.close()
  }
}

const countRows = async ({ app }: TestServer, table: 'jobs' | 'processing_log' | 'media_objects') => {
  const { rows } = await app.db.query
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .executeTakeFirstOrThrow()
  return Number(rows)
}

async function fail({ app }: TestServer) {
  const job = await startJob(app, { slotId: 'slot-002' })
  await app.finalizer.fail(leaseOf(job), {
    reason: 'provider_error',
    code: 'provider_error',
    message: 'It was away.',
  })
}

test('jobs of long ago go with all that belongs to them; figures and younger jobs stay', () =>
  withHistory(30, async (server, clock) => {
    const { app } = server
    const old = await addPicture(app)
    await fail(server)
    await app.db.query
      .insertInto('media_objects')
      .values({
        id: newId(),
        job_id: old,
        path: null,
        mime: 'image/jpeg',
        size_bytes: 1,
        created_at: clock.now(),
        expires_at: clock.now(),
      })
      .execute()
    clock.advance(29 * dayMs)
    const young = await addPicture(app)
    const early = await app.sweeper.sweep({ scope: 'full' })
    assert.equal([early.expiredResults, early.forgottenJobs], [1, 0])

    clock.advance(2 * dayMs)
    const dry = await app.sweeper.sweep({ scope: 'full', dryRun: true })
    assert.equal([dry.forgottenJobs, await countRows(server, 'jobs')], [2, 3])
    const readFigures = () => app.db.query.selectFrom('stats_counts').selectAll().execute()
    const figures = await readFigures()
    const report = await app.sweeper.sweep({ scope: 'full' })
    assert.is(report.forgottenJobs, 2)
    assert.equal(await readFigures(), figures)
    const { jobs, total } = await app.reader.listPage(
      {},
      { page: 1, pageSize: 10, sortBy: 'created_at', sortOrder: 'desc' },
    )
    assert.equal([jobs.map(({ id }) => id), total], [[young], 1])
    assert.is(await countRows(server, 'media_objects'), 0)
    assert.is((await app.sweeper.sweep({ scope: 'full' })).forgottenJobs, 0)
  }))

test('a picture that is still public keeps its job, and temporary sweeps forget nothing', () =>
  withHistory(1, async (server, clock) => {
    await addPicture(server.app)
    clock.advance(2 * dayMs)
    assert.is((await server.app.sweeper.sweep({ scope: 'full' })).forgottenJobs, 0)
    clock.advance(2 * dayMs)
    assert.is((await server.app.sweeper.sweep({ scope: 'media_objects' })).forgottenJobs, 0)
    const report = await server.app.sweeper.sweep({ scope: 'full' })
    assert.equal([report.expiredResults, report.forgottenJobs], [1, 1])
    assert.is(await countRows(server, 'processing_log'), 0)
  }))

test('without the setting jobs are kept for ever', () =>
  withHistory(undefined, async (server, clock) => {
    await addPicture(server.app)
    clock.advance(4000 * dayMs)
    assert.is((await server.app.sweeper.sweep({ scope: 'full' })).forgottenJobs, 0)
    assert.is(await countRows(server, 'jobs'), 1)
  }))

test.run()
