// Downloads go to the bucket, another origin; pages show pictures all the same, under a policy that names this server alone.
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { addPicture } from '../support/finished.ts'
import { portrait } from '../support/photos.ts'
import { startS3 } from '../support/s3.ts'
import { until } from '../support/until.ts'
import { browserSuite, logIn } from './browser.ts'
import { openSlot, useWarm } from './slot-page.ts'

const { test, run, after } = browserSuite('browser/s3-redirects')
const s3 = await startS3()
const server = { ...s3.settings, s3_redirects: true }
after(() => s3.close())

/** All that the page shows now; `least` of them. */
async function seePictures(page: Page, least = 1): Promise<void> {
  const read = () =>
    page
      .locator('img:visible')
      .evaluateAll((images) =>
        images.map((image) => [image.getAttribute('src'), Reflect.get(image, 'naturalWidth')]),
      )
  const isThere = async () => {
    const seen = await read()
    return seen.length >= least && seen.every(([, width]) => width > 0)
  }
  await until(isThere, `pictures are shown on ${page.url()}`)
}

test(
  'guests see their picture, and the bucket hands out the download',
  async ({ page, server: { app, url } }) => {
    const id = await addPicture(app)
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.goto(app.links.share(id))
    await page.locator('img.full').waitFor()
    await seePictures(page)
    assert.ok(
      asked.every((address) => address.startsWith(url)),
      asked.join('\n'),
    )
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).click(),
    ])
    assert.ok(download.url().startsWith(s3.endpoint), download.url())
    assert.equal(await readFile(await download.path()), await readFile(portrait))

    await app.gallery.open({ minutes: 5, slotId: undefined }, 'serg')
    await page.goto(`${url}/gallery`)
    await seePictures(page)
    await page.goto(app.slideshowLinks.toUrl({ slotId: undefined, expiresAt: Date.now() + 3_600_000 }))
    await page.locator('.stage img.shown').waitFor()
  },
  { server },
)

test(
  'so do the pages of the console',
  async ({ page, server: visited }) => {
    const { app, url } = visited
    const id = await addPicture(app)
    await logIn(page, visited)
    for (const path of ['/', '/slots', '/pictures', `/jobs/${id}`]) {
      await page.goto(url + path)
      await seePictures(page)
    }
    await page.goto(`${url}/pictures`)
    await page.locator('.tile .open').first().click()
    await page.locator('[data-full]').waitFor()
    await seePictures(page, 2)
  },
  { server },
)

test(
  'and a photo that is tried on a slot’s page',
  async ({ page, server: visited }) => {
    await useWarm(visited)
    await openSlot(page, visited)
    await page.locator('[data-drop] input').setInputFiles(portrait)
    await page.locator('.compare-after').waitFor()
    await seePictures(page, 2)
  },
  { server },
)

run()
