import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { addPicture, finishJob, startJob } from '../support/finished.ts'
import { assertAccessible } from './accessibility.ts'
import { browserSuite } from './browser.ts'

const { test, run } = browserSuite('browser/share')
const phone = { viewport: { width: 390, height: 844 }, server: { workers: 0 } }

const isWider = (page: Page) => page.evaluate('document.documentElement.scrollWidth > innerWidth')

test(
  'the page waits for the picture, through a lost connection, and shows it by itself',
  async ({ page, server: { app } }) => {
    const job = await startJob(app)
    await page.goto(app.links.ownShare(job.id))
    await page.getByRole('heading', { name: 'Your photo is on its way' }).waitFor()
    await page.context().setOffline(true)
    await page.getByText('No connection.').waitFor()
    await page.context().setOffline(false)
    await finishJob(app, job)
    await page.locator('img.full').waitFor()
    const image = "document.querySelector('img.full')"
    assert.is(await page.evaluate(`${image}.decode().then(() => ${image}.naturalWidth)`), 512)
    await page.getByText('Delete my photo').waitFor()
    assert.is(await page.evaluate('document.activeElement.tagName'), 'H1')
  },
  phone,
)

test(
  'a job that fails ends the waiting in words',
  async ({ page, server: { app } }) => {
    const job = await startJob(app)
    await page.goto(app.links.share(job.id))
    await app.finalizer.cancel(job.id, 'a test')
    await page.getByRole('heading', { name: 'This photo did not work out' }).waitFor()
  },
  phone,
)

test(
  'the right to delete leaves the address bar, survives a reload, and is used up in two steps',
  async ({ page, server: { app, url } }) => {
    const id = await addPicture(app)
    await page.goto(app.links.ownShare(id))
    await page.waitForURL(`${url}/r/${id}`)
    await page.reload()
    const confirm = page.getByRole('button', { name: 'Yes, delete it for good' })
    assert.not(await confirm.isVisible())
    await page.getByText('Delete my photo').click()
    await confirm.click()
    await page.getByRole('heading', { name: 'This photo has been deleted' }).waitFor()
    assert.is((await fetch(`${url}/r/${id}/picture`)).status, 410)
  },
  phone,
)

test(
  'without the phone’s own dialog the link is copied, without the right in it',
  async ({ page, server: { app } }) => {
    const id = await addPicture(app)
    await page.goto(app.links.ownShare(id))
    await page.getByRole('button', { name: 'Copy the link' }).click()
    await page.getByText('The link is copied.').waitFor()
    assert.is(await page.evaluate('navigator.clipboard.readText()'), app.links.share(id))
  },
  { ...phone, permissions: ['clipboard-read', 'clipboard-write'] },
)

test(
  'every state can be read by everybody, on a phone, in Russian too',
  async ({ page, server: { app, url } }) => {
    await app.settings.change(
      { values: { event_title: 'Свадьба Анны и Бориса', event_message: 'Спасибо!', event_color: '#FFCC00' } },
      'serg',
    )
    const failing = await startJob(app)
    await app.finalizer.cancel(failing.id, 'a test')
    const ready = await addPicture(app)
    const waiting = await startJob(app)
    for (const address of [
      app.links.ownShare(ready),
      app.links.share(waiting.id),
      app.links.share(failing.id),
      `${url}/r/nothing`,
    ]) {
      await page.goto(address)
      if (address === app.links.ownShare(ready)) await page.getByText('Удалить моё фото').click()
      await assertAccessible(page)
      assert.not(await isWider(page), address)
    }
  },
  { ...phone, locale: 'ru-RU', bypassCSP: true },
)

run()
