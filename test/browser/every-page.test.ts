import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { addPicture } from '../support/finished.ts'
import type { TestServer } from '../support/server.ts'
import { assertAccessible } from './accessibility.ts'
import { browserSuite, logIn } from './browser.ts'

const { test, run } = browserSuite('browser/every-page')

const maxBytes = 100_000

async function listPages({ app, url }: TestServer): Promise<string[]> {
  const job = await addPicture(app)
  const slideshow = app.slideshowLinks.toUrl({ slotId: undefined, expiresAt: app.clock.now() + 3_600_000 })
  await app.gallery.open({ minutes: 10, slotId: undefined }, 'serg')
  return [
    '/',
    '/slots',
    '/slots/slot-001',
    '/pictures',
    '/jobs',
    `/jobs/${job}`,
    '/requests',
    '/statistics',
    '/settings',
    '/settings/accounts',
    '/settings/audit',
    '/settings/doctor',
    '/account',
    '/login',
    `/r/${job}`,
    '/gallery',
    slideshow.replace(url, ''),
  ]
}

/** Everything but pictures, as it comes over the line. */
async function weigh(page: Page, address: string): Promise<number> {
  const sizes: Promise<number>[] = []
  const note = async (request: { resourceType(): string; sizes(): Promise<{ responseBodySize: number }> }) =>
    request.resourceType() === 'image' ? 0 : (await request.sizes()).responseBodySize
  const listener = (request: Parameters<typeof note>[0]) => void sizes.push(note(request))
  page.on('requestfinished', listener)
  await page.goto(address, { waitUntil: 'load' })
  page.off('requestfinished', listener)
  return (await Promise.all(sizes)).reduce((total, size) => total + size, 0)
}

test('no page weighs more than 100 kB without its pictures', async ({ server, open }) => {
  const admin = server.app.credentials?.admins[0]
  for (const path of await listPages(server)) {
    const page = await open() // Nothing is kept from the page before.
    const session = await page.request.post(`${server.url}/api/session`, { data: admin })
    assert.is(session.status(), 201)
    const bytes = await weigh(page, `${server.url}${path}`)
    assert.ok(bytes > 1_000 && bytes <= maxBytes, `${path}: ${bytes} bytes`)
    await page.context().close()
  }
})

test(
  'axe finds nothing on any page, in either theme',
  async ({ page, server }) => {
    const paths = await listPages(server)
    await logIn(page, server)
    for (const path of paths) {
      await page.goto(`${server.url}${path}`)
      await assertAccessible(page)
    }
  },
  { bypassCSP: true },
)

test('every page of the menu is reached with the keyboard alone', async ({ page, server }) => {
  await logIn(page, server)
  const links = await page.locator('header nav a').evaluateAll((all) => all.map((link) => link.textContent))
  assert.ok(links.length >= 6)
  for (const name of links) {
    const link = page.getByRole('navigation').getByRole('link', { name: String(name), exact: true })
    while (!(await link.evaluate((element) => element === element.ownerDocument.activeElement)))
      await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.locator('header [aria-current="page"]', { hasText: String(name) }).waitFor()
  }
})

run()
