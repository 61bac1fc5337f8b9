import { join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import * as assert from 'uvu/assert'
import type { App } from '../../src/app.ts'
import { addPicture } from '../support/finished.ts'
import { makeFolder } from '../support/folder.ts'
import { landscape, portrait } from '../support/photos.ts'
import { until } from '../support/until.ts'
import { assertAccessible } from './accessibility.ts'
import { browserSuite } from './browser.ts'

const { test, run } = browserSuite('browser/gallery')
const server = { workers: 0 }
const pageSize = 48

/** Small ones: what is tested is the page and not how fast pictures are made. */
async function addPictures(app: App, count: number): Promise<void> {
  const folder = await makeFolder()
  const photo = join(folder.path, 'small.jpg')
  await sharp(portrait).resize(96).toFile(photo)
  for (let at = 0; at < count; at += 1) await addPicture(app, { photo })
  await folder.remove()
}

test(
  'scrolling brings picture after picture, until there are no more',
  async ({ page, server: { app, url } }) => {
    await addPictures(app, 2 * pageSize + 1)
    await app.gallery.open({ minutes: 5, slotId: undefined }, 'serg')
    await page.goto(`${url}/gallery`)
    const tiles = page.locator('[data-wall] > li')
    await until(async () => {
      await page.mouse.wheel(0, 3000)
      return (await tiles.count()) === 2 * pageSize + 1
    }, 'all are there')
    assert.is(await page.getByRole('link', { name: 'More photos' }).count(), 0)
    await tiles.last().getByRole('link').click()
    await page.locator('img.full').waitFor()
  },
  { server },
)

test(
  'where the next page does not come it is tried again, after a pause and when the network is back',
  async ({ page, server: { app, url } }) => {
    await addPictures(app, 2 * pageSize + 1)
    await app.gallery.open({ minutes: 5, slotId: undefined }, 'serg')
    await page.clock.install()
    const tiles = page.locator('[data-wall] > li')
    const trouble = page.locator('[data-trouble]')
    const scrollUntil = (isThere: () => Promise<boolean>, what: string) =>
      until(async () => {
        await page.mouse.wheel(0, 3000)
        return isThere()
      }, what)

    await page.route('**/gallery?before=*', (route) => route.abort(), { times: 1 })
    await page.goto(`${url}/gallery`)
    await scrollUntil(async () => (await trouble.textContent()) !== '', 'it is said that it did not come')
    assert.is(await tiles.count(), pageSize)
    await page.clock.runFor(4_000)
    assert.is(await tiles.count(), pageSize)
    await page.clock.runFor(2_000)
    await until(async () => (await tiles.count()) === 2 * pageSize, 'the second page is there')
    assert.is(await trouble.textContent(), '')

    await page.context().setOffline(true)
    await scrollUntil(async () => (await trouble.textContent()) !== '', 'it is said that there is no network')
    assert.ok(await page.getByRole('link', { name: 'More photos' }).isVisible())
    await page.context().setOffline(false)
    await until(async () => (await tiles.count()) === 2 * pageSize + 1, 'the last page is there')
  },
  { server },
)

test(
  'gallery and closed gallery can be read by everybody',
  async ({ page, server: { app, url } }) => {
    await page.goto(`${url}/gallery`)
    await page.getByRole('heading', { name: 'The gallery is closed' }).waitFor()
    await assertAccessible(page)
    await addPicture(app)
    await app.gallery.open({ minutes: 5, slotId: undefined }, 'serg')
    await page.goto(`${url}/gallery`)
    await page.locator('[data-wall] > li').waitFor()
    await assertAccessible(page)
  },
  { server, bypassCSP: true, viewport: { width: 390, height: 844 } },
)

const shownIn = (page: Page) => page.locator('.stage img.shown').getAttribute('src')

test(
  'the slideshow begins with the event’s name, takes up new pictures, goes on without a network and ends in words',
  async ({ page, server: { app } }) => {
    await app.settings.change({ values: { event_title: 'Anna & Ben' } }, 'serg')
    await page.clock.install()
    await page.goto(app.slideshowLinks.toUrl({ slotId: undefined, expiresAt: Date.now() + 3_600_000 }))
    await page.locator('[data-empty]').getByText('Anna & Ben').waitFor()
    /** Lets the page's own time run until the picture is another one. */
    const turnFrom = (shown: string | null | undefined) =>
      until(async () => {
        await page.clock.runFor(1000)
        const isThere = (await page.locator('.stage img.shown').count()) === 1
        return isThere && (await shownIn(page)) !== shown && (await shownIn(page))
      }, 'another picture is shown')

    await addPicture(app)
    const first = await turnFrom(undefined)
    await addPicture(app, { photo: landscape })
    const second = await turnFrom(first)
    await page.context().setOffline(true)
    await until(async () => {
      await page.clock.runFor(1000)
      return page.getByText('No connection. Showing what is here.').isVisible()
    }, 'it is said that there is no network')
    assert.ok([first, second].includes((await turnFrom(await shownIn(page))) ?? ''))
    await page.clock.fastForward(3_700_000)
    await page.getByText('The slideshow has ended').waitFor()
  },
  { server },
)

test(
  'what a guest has deleted leaves the screen',
  async ({ page, server: { app } }) => {
    await page.clock.install()
    const id = await addPicture(app)
    await page.goto(app.slideshowLinks.toUrl({ slotId: undefined, expiresAt: Date.now() + 3_600_000 }))
    await page.locator('.stage img.shown').waitFor()
    await app.eraser.eraseJob(id, 'guest')
    await until(async () => {
      await page.clock.runFor(1000)
      return (await page.locator('.stage img.shown').count()) === 0
    }, 'nothing is shown')
    await page.getByText('The first photos appear here').waitFor()
  },
  { server },
)

test(
  'the slideshow can be paused with the keyboard, and be read by everybody',
  async ({ page, server: { app } }) => {
    await addPicture(app)
    await page.goto(app.slideshowLinks.toUrl({ slotId: undefined, expiresAt: Date.now() + 3_600_000 }))
    await page.locator('.stage img.shown').waitFor()
    await page.keyboard.press(' ')
    await page.getByRole('button', { name: 'Pause', pressed: true }).waitFor()
    await assertAccessible(page)
  },
  { server, bypassCSP: true },
)

run()
