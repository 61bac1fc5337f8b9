import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { leaseOf } from '../../src/jobs/job.ts'
import { newId } from '../../src/lib/id.ts'
import { logIn } from '../support/api.ts'
import { sendPhoto } from '../support/booth.ts'
import { createTestClock } from '../support/clock.ts'
import { createNewJob } from '../support/job.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'

const test = suite('api/jobs')

type Parts = TestServer & {
  call: Awaited<ReturnType<typeof logIn>>
  clock: ReturnType<typeof createTestClock>
}

async function withServer(work: (parts: Parts) => Promise<void>, { workers = 0 } = {}) {
  const clock = createTestClock(Date.now())
  const server = await openTestServer({ workers, clock })
  try {
    await work({ ...server, clock, call: await logIn(server) })
  } finally {
    await server.close()
  }
}

test('a job is listed with its deadline and how long it has waited and run', () =>
  withServer(async ({ app, call, clock }) => {
    const { id } = await app.queue.enqueue(createNewJob({ fields: { name: 'Ann' } }))
    clock.advance(2000)
    const waiting = await call('GET', '/api/jobs')
    assert.equal(waiting.body.meta, { page: 1, page_size: 20, total: 1 })
    const [item] = waiting.body.items
    assert.is(item.job.id, id)
    assert.is(item.job.status, 'pending')
    assert.is(item.job.fields, undefined)
    assert.is(item.deadline.remaining_ms, 46_000)
    assert.is(item.deadline.is_expired, false)
    assert.equal(item.metrics, { queue_wait_ms: 2000, processing_ms: null, total_elapsed_ms: 2000 })

    const job = await app.queue.claim('a')
    if (!job) throw new Error('nothing to claim')
    clock.advance(1000)
    // A second claim does not count: the wait ended at the first.
    await app.queue.release(leaseOf(job), 'the worker is shutting down')
    await app.queue.claim('b')
    clock.advance(500)
    await call('POST', `/api/jobs/${id}/cancel`)
    clock.advance(60_000)
    const ended = await call('GET', `/api/jobs/${id}`)
    assert.equal(ended.body.metrics, { queue_wait_ms: 2000, processing_ms: 1500, total_elapsed_ms: 3500 })
    assert.equal([ended.body.deadline.remaining_ms, ended.body.deadline.is_expired], [0, true])
  }))

test('filters, pages and orders come from the query', () =>
  withServer(async ({ app, call, clock }) => {
    for (const slotId of ['slot-001', 'slot-002', 'slot-002', 'slot-002']) {
      await app.queue.enqueue(createNewJob({ slotId }))
      clock.advance(1000)
    }
    const { body: all } = await call('GET', '/api/jobs?slot_id=slot-002&sort_order=asc')
    const ids: string[] = all.items.map(({ job }: { job: { id: string } }) => job.id)
    await call('POST', `/api/jobs/${ids[0]}/cancel`)
    const list = async (query: string) => {
      const { body } = await call('GET', `/api/jobs?${query}`)
      return [body.items.map(({ job }: { job: { id: string } }) => ids.indexOf(job.id)), body.meta.total]
    }
    assert.equal(await list('slot_id=slot-002&is_finalized=false'), [[2, 1], 2])
    assert.equal(await list('slot_id=slot-002&page_size=1&page=2&sort_by=expires_at'), [[1], 3])
    assert.equal(await list('failure_reason=cancelled'), [[0], 1])
    assert.equal(await list('status=failed&is_finalized=true'), [[0], 1])
    assert.equal(await list('status=succeeded'), [[], 0])
  }))

test('what a list does not know is refused, and named', () =>
  withServer(async ({ call }) => {
    for (const [query, field] of [
      ['colour=red', 'colour'],
      ['status=done', 'status'],
      ['is_finalized=yes', 'is_finalized'],
      ['failure_reason=fire', 'failure_reason'],
      ['slot_id=slot-016', 'slot_id'],
      ['page=0', 'page'],
      ['page=1002&page_size=100', 'page'],
      ['page_size=101', 'page_size'],
      ['sort_by=id', 'sort_by'],
      ['sort_order=up', 'sort_order'],
    ]) {
      const answer = await call('GET', `/api/jobs?${query}`)
      assert.equal([answer.status, answer.body.error.details.fields[0].field], [400, field], query)
    }
    assert.is((await call('GET', '/api/jobs/one')).status, 400)
  }))

test('one job shows its log, its fields, and where its picture is', () =>
  withServer(
    async (server) => {
      await useEcho(server, 'slot-001')
      const { url, password, call, app, clock } = server
      const photo = await sendPhoto(url, 'slot-001', { password, fields: { name: 'Ann' } })
      await photo.arrayBuffer()
      const id = photo.headers.get('x-job-id')
      const { body } = await call('GET', `/api/jobs/${id}`)
      assert.is(body.fields.name, 'Ann')
      assert.equal(
        body.processing_log.map(({ event }: { event: string }) => event),
        ['received', 'dispatched', 'succeeded'],
      )
      assert.is(body.result.download_url, `${url}/public/results/${id}`)
      assert.is((await fetch(body.result.download_url)).status, 200)
      assert.is((await fetch(body.result.thumbnail_url)).status, 200)
      assert.is((await fetch(body.result.deletion_url)).status, 200)
      assert.is(body.job.provider_id, 'echo')

      // Looking at jobs is one right, erasing pictures another.
      const accounts = await app.db.query
        .updateTable('accounts')
        .set({ permissions_json: JSON.stringify(['stats:read']) })
        .where('username', '=', 'igor')
        .executeTakeFirst()
      assert.is(accounts.numUpdatedRows, 1n)
      const asViewer = await logInAs(server, 'igor')
      assert.is((await asViewer('GET', `/api/jobs/${id}`)).body.result.deletion_url, null)
      assert.is((await asViewer('DELETE', `/api/jobs/${id}/result`)).status, 403)
      assert.is((await asViewer('POST', `/api/jobs/${id}/cancel`)).status, 403)

      clock.advance(73 * 3_600_000)
      const later = await logIn(server)
      assert.is((await later('GET', `/api/jobs/${id}`)).body.result, null)
    },
    { workers: 1 },
  ))

test('a job is cancelled once, and that is recorded', () =>
  withServer(async ({ app, call }) => {
    const { id } = await app.queue.enqueue(createNewJob())
    const cancelled = await call('POST', `/api/jobs/${id}/cancel`)
    assert.equal(
      [cancelled.status, cancelled.body.failure_reason, cancelled.body.error_code],
      [200, 'cancelled', 'job_cancelled'],
    )
    const again = await call('POST', `/api/jobs/${id}/cancel`)
    assert.equal([again.status, again.body.error.code], [409, 'job_already_final'])
    const unknown = await call('POST', `/api/jobs/${newId()}/cancel`)
    assert.equal([unknown.status, unknown.body.error.code], [404, 'job_not_found'])
    const entries = await app.audit.list({ action: 'job.cancelled' }, 10)
    assert.equal(
      entries.map(({ actor, target }) => [actor, target]),
      [['serg', id]],
    )
  }))

test('the console erases a picture, whatever its guest has sent, and that is recorded', () =>
  withServer(
    async (server) => {
      await useEcho(server, 'slot-001')
      const { url, password, call, app } = server
      const photo = await sendPhoto(url, 'slot-001', { password, fields: { name: 'Ann' } })
      await photo.arrayBuffer()
      const id = photo.headers.get('x-job-id') ?? ''
      assert.is((await call('DELETE', `/api/jobs/${id}/result`)).status, 204)
      const { body } = await call('GET', `/api/jobs/${id}`)
      assert.equal([body.fields, body.result, body.job.result_file_path], [{}, null, null])
      assert.ok(body.job.erased_at)
      assert.is((await fetch(`${url}/public/results/${id}`)).status, 410)
      assert.is((await call('DELETE', `/api/jobs/${id}/result`)).status, 410)
      assert.is((await call('DELETE', `/api/jobs/${newId()}/result`)).status, 404)
      const entries = await app.audit.list({ action: 'results.erased' }, 10)
      assert.equal(
        entries.map(({ actor, target }) => [actor, target]),
        [['serg', id]],
      )
    },
    { workers: 1 },
  ))

async function logInAs({ app, url }: TestServer, username: string) {
  const { accessToken } = await app.sessions.issue({ username })
  return (method: string, path: string) =>
    fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${accessToken}` } }).then(
      // biome-ignore lint/suspicious/noExplicitAny: a test looks into it and fails where it is something else
      async (answer) => ({ status: answer.status, body: (await answer.json()) as any }),
    )
}

test.run()
