import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toChosenRange } from '../../src/console/statistics-range.ts'
import { addPicture, startJob } from '../support/finished.ts'
import { openTestServer } from '../support/server.ts'
import { openPageAs } from './visit.ts'

const test = suite('console/statistics')
const server = await openTestServer({ workers: 0 })
const { app } = server
const open = (query = '', language = 'en') =>
  openPageAs(server, ['stats:read'], `/statistics${query}`, language)
const now = Date.UTC(2026, 5, 5, 18, 30)
const dayMs = 86_400_000

test('without photos there is no chart but a word about it', async () => {
  const { html } = await open()
  assert.match(html, /No photos in this time/)
  assert.not.match(html, /data-chart/)
})

test('figures, tables and the address of the CSV are those of the choice', async () => {
  await addPicture(app)
  await addPicture(app, { slotId: 'slot-002', degradedReason: 'provider_timeout' })
  const job = await startJob(app)
  await app.finalizer.cancel(job.id, 'a test')
  const { html } = await open('?range=7d&group_by=day')
  assert.match(
    html,
    /3 photos: 1 done, 1 with the offline effect, 0 timed out, 0 failed at the provider, 1 cancelled/,
  )
  assert.match(html, /<option value="7d" selected>/)
  assert.match(html, /href="\/api\/stats\/global\?format=csv[^"]*group_by=day/)
  const one = await open('?range=7d&slot=slot-002')
  assert.match(one.html, /1 photos: 0 done, 1 with the offline effect/)
  assert.match(one.html, /href="[^"]*slot_id=slot-002/)
  assert.match((await open('?range=24h', 'ru')).html, /Снимков 3: готово 1/)
})

test('a range that cannot be is said in words, and something is shown all the same', async () => {
  assert.match(
    (await open('?range=custom&from=2026-05-02&to=2020-01-01')).html,
    /end must be after the start/,
  )
  assert.is((await open('?range=x&from=nonsense&group_by=second')).status, 200)
})

test('presets end now, and custom dates are whole days with both ends', () => {
  assert.equal(toChosenRange({ range: '24h' }, now), {
    preset: '24h',
    problem: undefined,
    from: now - dayMs,
    to: now,
    grouping: 'hour',
  })
  const custom = toChosenRange({ range: 'custom', from: '2026-05-01', to: '2026-05-02' }, now)
  assert.equal([custom.from, custom.to], [Date.UTC(2026, 4, 1), Date.UTC(2026, 4, 3)])
  assert.is(toChosenRange({ range: 'custom', from: '2026-01-01' }, now).problem, 'tooLong')
  assert.is(toChosenRange({ range: 'custom', from: '2027-01-01' }, now).problem, 'future')
  assert.is(toChosenRange({ range: '8w', group_by: 'hour' }, now).grouping, 'week')
})

test.after(() => server.close())

test.run()
