import * as assert from 'uvu/assert'
import { logIn as apiOf } from '../support/api.ts'
import type { TestServer } from '../support/server.ts'
import { assertAccessible } from './accessibility.ts'
import { browserSuite, logIn } from './browser.ts'

const { test, run } = browserSuite('browser/statistics')
const server = { workers: 0 }
const dayMs = 86_400_000

async function addHistory({ app }: Pick<TestServer, 'app'>) {
  await app.db.write(async (tx) => {
    for (let count = 0; count < 60; count += 1) {
      const failureReason = (
        [undefined, undefined, undefined, 'timeout', 'provider_error', 'cancelled'] as const
      )[count % 6]
      const statements = app.stats.record(tx, {
        slotId: count % 2 ? 'slot-001' : 'slot-002',
        providerId: count % 2 ? 'gemini' : 'local',
        finalizedAt: app.clock.now() - (count % 12) * dayMs,
        elapsedMs: 5000,
        failureReason,
        isDegraded: count % 6 === 1,
        costMicroUsd: count % 2 ? 39_000 : 0,
        picture: failureReason
          ? undefined
          : { providerId: count % 2 ? 'gemini' : 'local', latencyMs: 4000 + count },
      })
      await app.db.executeTogether(tx, statements)
    }
  })
}

/** How many pixels of the chart have some colour. */
const paintedPixels = `(name) => {
  const canvas = document.querySelector('[data-chart="' + name + '"] canvas')
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  let painted = 0
  for (let at = 3; at < data.length; at += 4) if (data[at] > 0) painted += 1
  return painted
}`

test(
  'charts are drawn, and the tables under them have the figures of the API',
  async ({ page, server: visited }) => {
    await addHistory(visited)
    await logIn(page, visited)
    await page.goto(`${visited.url}/statistics?range=14d&group_by=day`)
    for (const name of ['photos', 'cost']) {
      await page.locator(`[data-chart="${name}"] canvas`).waitFor()
      assert.ok(Number(await page.evaluate(`(${paintedPixels})('${name}')`)) > 500, name)
    }
    const href = await page.getByRole('link', { name: 'Download CSV' }).getAttribute('href')
    const call = await apiOf(visited)
    const csv = await call('GET', href ?? '')
    const { body } = await call('GET', (href ?? '').replace('format=csv&', ''))
    assert.is(csv.body.trim().split('\n').length, body.data.length + 1)
    const cells = await page
      .locator('[data-table="photos"] tbody tr')
      .evaluateAll((rows) =>
        rows.map((row) => [...row.querySelectorAll('td')].map((cell) => Number(cell.textContent))),
      )
    assert.equal(
      cells,
      body.data.map((row: Record<string, number>) => [
        row.ingest_count,
        Number(row.success) - Number(row.degraded),
        row.degraded,
        row.timeouts,
        row.provider_errors,
        row.cancelled,
      ]),
    )
    assert.ok(cells.length >= 14)
  },
  { server },
)

test(
  'a choice goes into the address and changes what is shown',
  async ({ page, server: visited }) => {
    await addHistory(visited)
    await logIn(page, visited)
    await page.goto(`${visited.url}/statistics`)
    await page.getByText(/^60 photos:/).waitFor()
    await page.getByLabel('Slot', { exact: true }).selectOption('slot-002')
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText(/^30 photos:/).waitFor()
    assert.is(new URL(page.url()).searchParams.get('slot'), 'slot-002')
    await page.getByText('Nothing in this time cost anything.').waitFor()
    assert.is(await page.getByLabel('From (UTC)').isVisible(), false)
    await page.getByLabel('Time', { exact: true }).selectOption('custom')
    await page.getByLabel('From (UTC)').fill('2020-01-01')
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText('At most 90 days').waitFor()
    assert.is(await page.getByLabel('From (UTC)').inputValue(), '2020-01-01')
  },
  { server },
)

test(
  'new figures come each minute, and an open table stays open',
  async ({ page, server: visited }) => {
    await addHistory(visited)
    await page.clock.install()
    await logIn(page, visited)
    await page.goto(`${visited.url}/statistics`)
    await page.getByText('The same as a table').first().click()
    await addHistory(visited)
    await page.clock.runFor(35_000)
    await page.getByText('updated 30 s ago').waitFor()
    await page.clock.runFor(30_000)
    await page.getByText(/^120 photos:/).waitFor()
    assert.is(await page.locator('[data-key="photos-table"]').getAttribute('open'), '')
  },
  { server },
)

for (const viewport of [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
]) {
  test(
    `they are accessible at ${viewport.width} px, tables opened`,
    async ({ page, server: visited }) => {
      await addHistory(visited)
      await logIn(page, visited)
      await page.goto(`${visited.url}/statistics`)
      for (const table of await page.getByText('The same as a table').all()) await table.click()
      await assertAccessible(page)
      assert.is(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true)
    },
    { server, viewport, bypassCSP: true },
  )
}

run()
