import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { logIn } from '../support/api.ts'
import { addPicture, startJob } from '../support/finished.ts'
import { openTestServer } from '../support/server.ts'
import { textOf, visitAs } from './visit-as.ts'

const test = suite('console/overview')

test('the figures of today are those of the statistics, in the API and on the page', async () => {
  const server = await openTestServer({ workers: 0 })
  const { app } = server
  try {
    for (let at = 0; at < 3; at += 1) await addPicture(app)
    await addPicture(app, { slotId: 'slot-002', degradedReason: 'provider_timeout' })
    await addPicture(app, { isTest: true })
    await app.finalizer.cancel((await startJob(app)).id, 'a test')
    const call = await logIn(server)
    const { figures } = (await call('GET', '/api/health')).body
    const today = new Date().toISOString().slice(0, 10)
    const stats = await call('GET', `/api/stats/global?group_by=day&from=${today}T00:00:00Z`)
    const { summary } = stats.body
    assert.equal(
      [figures.today.photos, figures.today.degraded, figures.today.errors],
      [summary.ingest_count, summary.degraded, summary.errors],
    )
    assert.equal([summary.ingest_count, summary.degraded, summary.errors], [5, 1, 1])
    assert.is(figures.today.in_time_share, 1)
    assert.is(figures.spent_usd, (await call('GET', '/api/settings')).body.budget.spent_usd_today)
    const text = textOf((await (await visitAs(server))('/')).html).replaceAll(/\s+/g, ' ')
    for (const words of ['Photos 5', 'In time 100%', 'Substitutes 1 25%', 'Errors 1', 'Spent $0.00 no limit'])
      assert.match(text, words)
  } finally {
    await server.close()
  }
})

test('a concern is told in the language of the reader, with the page where he may solve it', async () => {
  const server = await openTestServer({ workers: 0 })
  try {
    await server.app.db.query.deleteFrom('settings').where('key', '=', 'ingest_password').execute()
    const [english, russian] = [await visitAs(server), await visitAs(server, ['stats:read'], 'ru')]
    const { html } = await english('/')
    assert.match(html, 'href="/settings#password"')
    assert.match(html, 'Nobody works on photos')
    const { html: withoutSettings } = await russian('/')
    assert.not.match(withoutSettings, '/settings')
    const translated = textOf(withoutSettings)
    assert.not.match(translated, 'Nobody works on photos')
    assert.match(translated, 'Фото никто не обрабатывает')
  } finally {
    await server.close()
  }
})

test.run()
