import * as assert from 'uvu/assert'
import { sendPhoto } from '../support/booth.ts'
import { addPicture, finishJob, startJob } from '../support/finished.ts'
import { until } from '../support/until.ts'
import { assertAccessible } from './accessibility.ts'
import { browserSuite, logIn } from './browser.ts'

const { test, run } = browserSuite('browser/jobs')
const server = { workers: 0 }

test(
  'a job appears by itself, goes on and ends',
  async ({ page, server: visited }) => {
    const { app, url } = visited
    await logIn(page, visited)
    await page.goto(`${url}/jobs`)
    await page.getByText('No jobs yet').waitFor()
    const job = await startJob(app, { fields: { name: 'BOOTH-7' } })
    const row = page.locator(`[data-job="${job.id}"]`)
    await row.getByText('running').waitFor()
    await row.getByText(/\d+ s left/).waitFor()
    await until(async () => Number(await row.locator('progress').getAttribute('value')) > 0, 'the bar moves')
    await finishJob(app, job)
    await row.getByText('done').waitFor()
    await row.locator('img').waitFor()
    assert.is(await row.locator('progress').count(), 0)
  },
  { server },
)

test(
  'a running job is cancelled after a question, by keyboard; one that has just ended says so',
  async ({ page, server: visited }) => {
    const { app, url } = visited
    await logIn(page, visited)
    const job = await startJob(app)
    await page.goto(`${url}/jobs`)
    await page.getByRole('button', { name: 'Cancel …' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Let it go on' }).click()
    assert.is((await app.reader.get(job.id)).isFinalized, false)
    await page.getByRole('button', { name: 'Cancel …' }).click()
    await page.getByRole('button', { name: 'Cancel the job' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('The job is cancelled.').waitFor()
    await page.locator(`[data-job="${job.id}"] .badge`, { hasText: 'cancelled' }).waitFor()
    assert.is((await app.reader.get(job.id)).failureReason, 'cancelled')

    const second = await startJob(app)
    await page.goto(`${url}/jobs/${second.id}`)
    await page.getByRole('button', { name: 'Cancel …' }).click()
    await app.finalizer.cancel(second.id, 'somebody else')
    await page.getByRole('button', { name: 'Cancel the job' }).click()
    await page.getByText('It has ended already').waitFor()
    await page.getByText('Nothing to do: the booth has gone on').waitFor()
  },
  { server },
)

test(
  'filters are kept in the address and over the way back',
  async ({ page, server: visited }) => {
    const { app, url } = visited
    await logIn(page, visited)
    const first = await addPicture(app)
    await addPicture(app, { slotId: 'slot-002' })
    await page.goto(`${url}/jobs`)
    await page.getByLabel('Slot').selectOption('slot-001')
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText('Jobs: 1').waitFor()
    assert.is(new URL(page.url()).searchParams.get('slot'), 'slot-001')
    await page.locator('.jobs .when a').click()
    await page.waitForURL(`${url}/jobs/${first}`)
    await page.getByText('echo made the picture').waitFor()
    await page.getByText('Everything as JSON').click()
    await page.getByText(`"id": "${first}"`).waitFor()
    await page.goBack()
    assert.is(await page.getByLabel('Slot').inputValue(), 'slot-001')
  },
  { server },
)

test(
  'a request of a booth appears by itself, and what was open stays open',
  async ({ page, server: visited }) => {
    const { url } = visited
    await logIn(page, visited)
    await sendPhoto(url, 'slot-098')
    await page.goto(`${url}/requests`)
    await page.getByText('Everything that it held').click()
    await page.getByText('refused by its headers alone').waitFor()
    await sendPhoto(url, 'slot-099')
    await page.getByText('There is no slot “slot-099”').waitFor()
    await page.getByText('refused by its headers alone').last().waitFor()
    assert.is(await page.locator('details[open]').count(), 1)
  },
  { server },
)

for (const viewport of [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
]) {
  test(
    `jobs, a job and requests are accessible at ${viewport.width} px`,
    async ({ page, server: visited }) => {
      const { app, url } = visited
      await logIn(page, visited)
      const done = await addPicture(app, { degradedReason: 'provider_timeout' })
      await startJob(app)
      await sendPhoto(url, 'slot-099')
      for (const path of ['/jobs', `/jobs/${done}`, '/requests']) {
        await page.goto(`${url}${path}`)
        await assertAccessible(page)
        assert.is(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, path)
      }
    },
    { server, viewport, bypassCSP: true },
  )
}

run()
