import { readFile } from 'node:fs/promises'
import * as assert from 'uvu/assert'
import { addPicture } from '../support/finished.ts'
import { landscape } from '../support/photos.ts'
import { until } from '../support/until.ts'
import { readZip } from '../support/zip.ts'
import { assertAccessible } from './accessibility.ts'
import { browserSuite, logIn } from './browser.ts'

const { test, run } = browserSuite('browser/pictures')
const server = { workers: 0 }

test(
  'scrolling brings all pictures; the button does it for the keyboard',
  async ({ page, server: visited }) => {
    const { app, url } = visited
    await logIn(page, visited)
    for (let at = 0; at < 120; at += 1) await addPicture(app)
    await page.goto(`${url}/pictures`)
    const tiles = page.locator('.tile')
    await until(async () => {
      await page.mouse.wheel(0, 3000)
      return (await tiles.count()) === 120
    }, 'all are there')
    assert.not(await page.getByRole('button', { name: 'More pictures' }).isVisible())
  },
  { server },
)

test(
  'a picture is opened, turned and deleted by keyboard alone',
  async ({ page, server: visited }) => {
    const { app, url } = visited
    await logIn(page, visited)
    const older = await addPicture(app, { photo: landscape, fields: { name: 'BOOTH-7' } })
    const newer = await addPicture(app, { slotId: 'slot-002' })
    await page.goto(`${url}/pictures`)
    await page.locator('.tile .open').first().focus()
    await page.keyboard.press('Enter')
    const full = page.locator('[data-full]')
    assert.is(await full.getAttribute('src'), `/r/${newer}/picture`)
    await page.keyboard.press('ArrowRight')
    assert.is(await full.getAttribute('src'), `/r/${older}/picture`)
    await page.getByText('BOOTH-7').first().waitFor()
    await page.keyboard.press('ArrowLeft')
    await page.getByRole('button', { name: 'Delete …' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Delete for good' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('The picture is deleted.').waitFor()
    assert.is(await full.getAttribute('src'), `/r/${older}/picture`)
    assert.is(await page.locator('.tile').count(), 1)
    assert.is((await app.reader.get(newer)).result, undefined)
    await page.keyboard.press('Escape')
    // The dialog tells that it has closed a moment later.
    const focused = () => page.evaluate('document.activeElement.closest(".tile")?.dataset.job')
    await until(async () => (await focused()) === older, 'the next picture has the focus')
  },
  { server },
)

test(
  'the archive says how much it is, and comes with what was said',
  async ({ page, server: visited }) => {
    const { app, url } = visited
    await logIn(page, visited)
    const id = await addPicture(app)
    await addPicture(app, { slotId: 'slot-002' })
    await page.goto(`${url}/pictures?slot=slot-001`)
    await page.getByText('Download all').click()
    await page.getByText('Pictures: 1, 0.1 MB').waitFor()
    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download as ZIP' }).click()
    const download = await downloading
    const names = [...readZip(await readFile(await download.path())).keys()]
    assert.is(names.length, 1)
    assert.match(names[0] ?? '', new RegExp(`^slot-001/.*_${id.slice(-8)}\\.jpg$`))
    await page.getByLabel('From').fill('2035-01-01T00:00')
    await page.getByText('There are no pictures in this time.').waitFor()
    assert.ok(await page.getByRole('button', { name: 'Download as ZIP' }).isDisabled())
  },
  { server },
)

test(
  'a link to the slideshow is made, after a wrong time was named as such',
  async ({ page, server: visited }) => {
    await logIn(page, visited)
    await page.goto(`${visited.url}/pictures`)
    await page.getByText('Slideshow for a second screen').click()
    await page.getByLabel('The link works for').fill('99')
    await page.getByRole('button', { name: 'Make a link' }).click()
    await page.getByText('must be a whole number from 1 to 72').waitFor()
    await page.getByLabel('The link works for').fill('2')
    await page.getByRole('button', { name: 'Make a link' }).click()
    await page.getByText('Works until').waitFor()
    assert.is((await fetch(await page.getByLabel('Link to the slideshow').inputValue())).status, 200)
  },
  { server },
)

test(
  'the public gallery is opened and closed',
  async ({ page, server: visited }) => {
    await logIn(page, visited)
    await page.goto(`${visited.url}/pictures`)
    await page.getByText('Public gallery').click()
    await page.getByRole('button', { name: 'Open for everybody' }).click()
    await page.getByText('open, 240 min').waitFor()
    assert.is((await fetch(`${visited.url}/gallery`)).status, 200)
    await page.getByRole('button', { name: 'Close now' }).click()
    await page.getByText('It is closed: nobody sees it.').waitFor()
    assert.is((await fetch(`${visited.url}/gallery`)).status, 404)
  },
  { server },
)

test(
  'page, tools and viewer can be read by everybody',
  async ({ page, server: visited }) => {
    const { app, url } = visited
    await logIn(page, visited)
    await page.goto(`${url}/pictures`)
    await page.getByText('No pictures yet').waitFor()
    await assertAccessible(page)
    await addPicture(app, { isTest: true, degradedReason: 'budget_exhausted' })
    await page.reload()
    for (const summary of await page.locator('.tools summary').all()) await summary.click()
    await page.locator('.tile').waitFor()
    await assertAccessible(page)
    await page.locator('.tile .open').click()
    await page.getByText('QR code for the guest').click()
    await assertAccessible(page)
    await page.getByRole('button', { name: 'Delete …' }).click()
    await assertAccessible(page)
    await page.setViewportSize({ width: 390, height: 844 })
    assert.not(await page.evaluate('document.documentElement.scrollWidth > innerWidth'))
  },
  { server, bypassCSP: true },
)

run()
