import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { newId } from '../../src/lib/id.ts'
import { emptyReport } from '../../src/purge/report.ts'
import { createPurgeRuns } from '../../src/purge/runs.ts'
import { logIn } from '../support/api.ts'
import { leaveMedia, listMedia, touchMedia } from '../support/files.ts'
import { createGate } from '../support/gate.ts'
import { rejectionOf } from '../support/rejection.ts'
import { type ClockedServer, withClockedServer } from '../support/server.ts'

const test = suite('purge/runs')

const minuteMs = 60_000

async function leaveOrphan({ dataDir, clock }: ClockedServer): Promise<void> {
  const key = `results/${newId()}.jpg`
  await leaveMedia(dataDir, key, 'left over')
  await touchMedia(dataDir, key, new Date(clock.now() - 60 * minuteMs))
}

/** As another process would run them. */
const otherProcess = ({ app }: ClockedServer) =>
  createPurgeRuns({ ...app, sweeper: app.sweeper, recordAudit: app.audit.record })

test('a purge that is asked for runs in the background, is recorded, and tells what it has removed', () =>
  withClockedServer(async (server) => {
    const { app, dataDir, clock } = server
    await leaveOrphan(server)
    const call = await logIn(server)
    const asked = await call('POST', '/api/media/cache/purge', { scope: 'full' })
    assert.is(asked.status, 202)
    assert.equal([asked.body.status, asked.body.scope], ['queued_for_gc', 'full'])
    assert.is(Date.parse(asked.body.expires_cutoff), clock.now())
    await app.purgeRuns.settled()
    const { body } = await call('GET', `/api/media/cache/purge/${asked.body.job_id}`)
    assert.equal([body.status, body.requested_by, body.error], ['done', 'serg', null])
    assert.equal([body.report.orphan_files, body.report.files, body.report.bytes], [1, 1, 9])
    assert.ok(body.finished_at)
    assert.equal(await listMedia(dataDir), [])
    const [entry] = await app.audit.list({ action: 'purge.requested' }, 1)
    assert.equal([entry?.actor, entry?.target], ['serg', asked.body.job_id])
  }))

test('a purge of something else, or one that nobody has asked for, is refused', () =>
  withClockedServer(async (server) => {
    const call = await logIn(server)
    for (const body of [{}, { scope: 'all' }, { scope: 'full', force: true }])
      assert.is((await call('POST', '/api/media/cache/purge', body)).status, 400, JSON.stringify(body))
    const unknown = await call('GET', `/api/media/cache/purge/${newId()}`)
    assert.equal([unknown.status, unknown.body.error.code], [404, 'purge_not_found'])
  }))

test('what a dead process has left is taken up once its signs of life have ended, by one process', () =>
  withClockedServer(async (server) => {
    const { app, clock } = server
    await leaveOrphan(server)
    const id = newId()
    await app.db.query
      .insertInto('purge_runs')
      .values({
        id,
        scope: 'full',
        status: 'running',
        requested_by: 'igor',
        requested_at: clock.now(),
        started_at: clock.now(),
        updated_at: clock.now(),
        done: 7,
        report_json: JSON.stringify({ ...emptyReport(), files: 5, bytes: 500 }),
      })
      .execute()
    await app.purgeRuns.resume()
    await app.purgeRuns.settled()
    assert.is((await app.purgeRuns.get(id)).status, 'running', 'it may still be alive')

    clock.advance(minuteMs)
    const other = otherProcess(server)
    await Promise.all([app.purgeRuns.resume(), other.resume()])
    await Promise.all([app.purgeRuns.settled(), other.settled()])
    const run = await app.purgeRuns.get(id)
    assert.is(run.status, 'done')
    // Run twice, the orphan would still count once; the work would not.
    assert.equal([run.report.files, run.report.bytes, run.done], [6, 509, 8])
  }))

test('a process that stops hands its purge to the next one', () =>
  withClockedServer(async (server) => {
    const { app, clock } = server
    const sweeping = createGate()
    const stopping = createPurgeRuns({
      ...app,
      recordAudit: app.audit.record,
      sweeper: {
        async sweep({ signal, onProgress }) {
          const report = { ...emptyReport(), files: 3 }
          onProgress?.(3, report)
          sweeping.open()
          await new Promise((resolve) => signal?.addEventListener('abort', resolve))
          return report
        },
      },
    })
    const { id } = await stopping.request('media_objects', 'igor')
    await sweeping.promise
    await stopping.stop()
    assert.is((await app.purgeRuns.get(id)).status, 'queued')
    clock.advance(1)
    await app.purgeRuns.resume()
    await app.purgeRuns.settled()
    const run = await app.purgeRuns.get(id)
    assert.equal([run.status, run.report.files], ['done', 3])
  }))

test('a process that was taken for dead changes nothing of the run any more', () =>
  withClockedServer(async (server) => {
    const { app, clock } = server
    const sweeping = createGate()
    const goOn = createGate()
    const slow = createPurgeRuns({
      ...app,
      recordAudit: app.audit.record,
      sweeper: {
        async sweep() {
          sweeping.open()
          await goOn.promise
          throw new Error('the disk is away')
        },
      },
    })
    const { id } = await slow.request('full', 'igor')
    await sweeping.promise
    clock.advance(minuteMs)
    await app.purgeRuns.resume()
    await app.purgeRuns.settled()
    goOn.open()
    await slow.settled()
    assert.is((await app.purgeRuns.get(id)).status, 'done')
  }))

test('a purge that fails says so, and is forgotten after 30 days like any other', () =>
  withClockedServer(async ({ app, clock }) => {
    const failing = createPurgeRuns({
      ...app,
      recordAudit: app.audit.record,
      sweeper: {
        sweep: async () => {
          throw new Error('secret path')
        },
      },
    })
    const { id } = await failing.request('full', 'igor')
    await failing.settled()
    const run = await app.purgeRuns.get(id)
    assert.equal([run.status, run.error], ['failed', 'Something unexpected went wrong.'])
    await app.purgeRuns.resume()
    await app.purgeRuns.settled()
    assert.is((await app.purgeRuns.get(id)).status, 'failed')
    clock.advance(29 * 86_400_000)
    await app.purgeRuns.forgetOld()
    await app.purgeRuns.get(id)
    clock.advance(86_400_000)
    await app.purgeRuns.forgetOld()
    assert.is((await rejectionOf(app.purgeRuns.get(id))).code, 'purge_not_found')
  }))

test.run()
