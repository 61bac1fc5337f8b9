import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { newId } from '../../src/lib/id.ts'
import { addPicture, startJob } from '../support/finished.ts'
import { createNewJob } from '../support/job.ts'
import { openTestServer } from '../support/server.ts'
import { openPageAs } from './visit.ts'

const test = suite('console/jobs')
const server = await openTestServer({ workers: 0, queue_max_in_flight_jobs: 50 })
const { app } = server

const open = (
  path: string,
  rights: Parameters<typeof openPageAs>[1] = ['stats:read', 'slots:write'],
  language = 'en',
) => openPageAs(server, rights, path, language)

test('before the first photo the page says what will appear', async () => {
  assert.match((await open('/jobs')).html, /No jobs yet/)
})

test('jobs are shown with slot, booth, state in words and times', async () => {
  const done = await addPicture(app, { fields: { name: 'BOOTH <7>' } })
  const degraded = await addPicture(app, { slotId: 'slot-002', degradedReason: 'provider_timeout' })
  const { html } = await open('/jobs')
  assert.match(html, new RegExp(`href="/jobs/${done}"`))
  assert.match(html, new RegExp(`src="/r/${degraded}/thumbnail"`))
  assert.match(html, /BOOTH &lt;7&gt;/)
  assert.match(html, /done with the offline effect/)
  assert.match(html, /of 48\.0s/)
})

test('filters keep what was chosen, and narrow the list', async () => {
  const { html } = await open('/jobs?status=succeeded&slot=slot-002')
  assert.match(html, /<option value="succeeded" selected>/)
  assert.match(html, /<option value="slot-002" selected>/)
  assert.match(html, /Jobs: 1</)
  assert.match((await open('/jobs?status=failed')).html, /No jobs like these/)
  assert.match((await open('/jobs?status=nonsense&page=-4&slot=%3Cb%3E&reason=')).html, /Jobs: 2</)
})

test('a running job can be cancelled by who may change slots, and only by them', async () => {
  const job = await startJob(app)
  const path = `/jobs?active=true`
  assert.match((await open(path)).html, new RegExp(`data-cancel="${job.id}"`))
  const reader = await open(path, ['stats:read'])
  assert.not.match(reader.html, /data-cancel|data-confirm/)
  assert.match(reader.html, /<progress/)
  await app.finalizer.cancel(job.id, 'a test')
  assert.match((await open(`/jobs/${job.id}`)).html, /Nothing to do: the booth has gone on/)
})

test('the story of a job is told in both languages', async () => {
  const job = await startJob(app)
  await app.db.query
    .insertInto('processing_log')
    .values({
      id: newId(),
      job_id: job.id,
      event: 'provider_failed',
      occurred_at: job.createdAt + 4000,
      provider_latency_ms: 3500,
      details_json: JSON.stringify({
        provider: 'gemini',
        code: 'rate_limited',
        call: 1,
        decision: 'again in 3000 ms',
      }),
    })
    .execute()
  const english = (await open(`/jobs/${job.id}`)).html
  assert.match(english, /gemini failed: The provider limits the rate of calls/)
  assert.match(english, /3\.5s/)
  assert.match(english, /once more after 3 s/)
  assert.match(
    (await open(`/jobs/${job.id}`, ['stats:read'], 'ru')).html,
    /gemini не справился: Провайдер ограничивает/,
  )
  await app.finalizer.cancel(job.id, 'a test')
})

test('pages lead to older and newer jobs with the same filter', async () => {
  for (let count = 0; count < 30; count += 1) await app.queue.enqueue(createNewJob({ slotId: 'slot-003' }))
  const { html } = await open('/jobs?slot=slot-003')
  assert.match(html, /page 1 of 2/)
  assert.match(html, /href="\/jobs\?slot=slot-003&amp;page=2"/)
  assert.match((await open('/jobs?slot=slot-003&page=2')).html, /href="\/jobs\?slot=slot-003"/)
})

test('an unknown job is 404, and without the right there is no page', async () => {
  assert.is((await open(`/jobs/${newId()}`)).status, 404)
  assert.is((await open('/jobs', ['slots:write'])).status, 403)
})

test.after(() => server.close())

test.run()
