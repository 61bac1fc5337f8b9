import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { startServer } from '../../src/server.ts'
import { addPicture, startJob } from '../support/finished.ts'
import type { TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { assertAccessible } from './accessibility.ts'
import { browserSuite, logIn } from './browser.ts'

const { test, run } = browserSuite('browser/overview')
const server = { workers: 0 }
const phone = { server, viewport: { width: 390, height: 844 } }

const isWider = (page: Page) => page.evaluate('document.documentElement.scrollWidth > innerWidth')

/** The page hears of changes from then on. */
async function logInAndListen(page: Page, visited: TestServer) {
  const listening = page.waitForResponse(`${visited.url}/events`)
  await logIn(page, visited)
  await listening
}

async function fill({ app }: TestServer, count: number) {
  const ids: string[] = []
  for (let at = 0; at < count; at += 1) ids.push(await addPicture(app, { fields: { name: `BOOTH-${at}` } }))
  await app.sightings.note({ queued: [], ended: ids })
  return ids
}

/** Three of them: no worker, no password, a slot's key. */
async function trouble({ app }: TestServer) {
  await app.db.query.deleteFrom('settings').where('key', '=', 'ingest_password').execute()
  await app.db.query
    .updateTable('slots')
    .set({ provider_id: 'gemini', operation_id: 'image_edit', settings_json: '{"prompt":"paint it"}' })
    .where('id', '=', 'slot-001')
    .execute()
}

test(
  'a picture appears by itself, while focus and scroll position stay',
  async ({ page, server: visited }) => {
    const [first] = await fill(visited, 6)
    await page.setViewportSize({ width: 1280, height: 400 })
    await logInAndListen(page, visited)
    await page.locator(`.newest a[href="/jobs/${first}"]`).focus()
    await page.evaluate('scrollTo(0, 300)')
    const place = await page.evaluate('scrollY')
    assert.ok(Number(place) > 100)
    const added = await addPicture(visited.app)
    await page.locator(`.newest a[href="/jobs/${added}"]`).waitFor()
    assert.is(await page.evaluate("document.activeElement.getAttribute('href')"), `/jobs/${first}`)
    assert.is(await page.evaluate('scrollY'), place)
  },
  { server },
)

test(
  'the first photo ends the first steps, whose address can be copied',
  async ({ page, server: visited }) => {
    await logInAndListen(page, visited)
    const copy = page.getByRole('button', { name: 'Copy' })
    await copy.focus()
    await page.keyboard.press('Enter')
    await page.getByText('Copied').waitFor()
    assert.is(await page.evaluate('navigator.clipboard.readText()'), `${visited.url}/ingest/slot-001`)
    await addPicture(visited.app)
    await page.locator('.newest li').waitFor()
    await page.locator('.first-steps').waitFor({ state: 'detached' })
  },
  { server, permissions: ['clipboard-read', 'clipboard-write'] },
)

test(
  'a server that is away is told, until it is back',
  async ({ page, server: visited }) => {
    await logInAndListen(page, visited)
    const notConnected = page.getByText('Not connected')
    assert.not(await notConnected.isVisible())
    await visited.server.letGo()
    await notConnected.waitFor()
    assert.not(await isWider(page))
    const again = await startServer(visited.app, {
      host: '127.0.0.1',
      port: Number(new URL(visited.url).port),
    })
    try {
      await notConnected.waitFor({ state: 'hidden' })
    } finally {
      await again.letGo()
    }
  },
  phone,
)

test(
  'a session that was ended elsewhere leads to the log-in',
  async ({ page, server: visited }) => {
    await logInAndListen(page, visited)
    const cookies = await page.context().cookies()
    const session = cookies.find(({ name }) => name.endsWith('session'))?.value
    await visited.app.sessions.logOut({ authorization: '', session })
    await addPicture(visited.app)
    await page.waitForURL(/\/login/)
  },
  { server },
)

test(
  'an erased picture leaves words and no broken image',
  async ({ page, server: visited }) => {
    await fill(visited, 1)
    await page.route('**/thumbnail', (route) => route.fulfill({ status: 410, body: '' }))
    await logInAndListen(page, visited)
    await page.getByText('No longer kept').first().waitFor()
    await until(async () => (await page.locator('img.thumb').count()) === 0, 'no image is left')
    const { token } = await visited.app.statusLinks.create({ label: 'Igor', days: 1 }, 'a test')
    await page.goto(`${visited.url}/status/${token}`)
    await page.getByText('No longer kept').waitFor()
  },
  { server },
)

test(
  'the status page says when it is old, recovers, and ends with its link',
  async ({ page, server: { app, url } }) => {
    const { token, link } = await app.statusLinks.create({ label: 'Igor', days: 1 }, 'a test')
    await page.clock.install()
    await page.goto(`${url}/status/${token}`)
    await page.getByRole('heading', { name: 'Needs help now' }).waitFor()
    const stale = page.getByText('No connection: this is old.')
    await page.context().setOffline(true)
    await page.clock.runFor(20_000)
    assert.not(await stale.isVisible())
    await page.clock.runFor(20_000)
    await stale.waitFor()
    await page.context().setOffline(false)
    await app.health.workers.enlist({ kind: 'serve', concurrency: 4 }).beat()
    await page.clock.runFor(10_000)
    await stale.waitFor({ state: 'hidden' })
    await page.getByRole('heading', { name: 'All is well' }).waitFor()
    await app.statusLinks.revoke(link.id, 'a test')
    await page.clock.runFor(10_000)
    await page.getByRole('heading', { name: 'This link does not work any more' }).waitFor()
    assert.is((await page.reload())?.status(), 404)
  },
  phone,
)

for (const [language, viewport] of [
  ['ru-RU', { width: 390, height: 844 }],
  ['en-GB', { width: 1280, height: 900 }],
] as const) {
  test(
    `overview and status can be read by everybody, empty, filled and in trouble, at ${viewport.width} px`,
    async ({ page, server: visited }) => {
      const { app, url } = visited
      const { accessToken } = await app.sessions.issue({ username: 'serg' })
      await page.context().addCookies([{ name: 'photochanger_session', value: accessToken, url }])
      const { token } = await app.statusLinks.create({ label: 'Igor', days: 1 }, 'a test')
      async function look() {
        for (const path of ['/', `/status/${token}`]) {
          await page.goto(`${url}${path}`)
          await assertAccessible(page)
          assert.not(await isWider(page), path)
        }
      }
      await app.health.workers.enlist({ kind: 'serve', concurrency: 4 }).beat()
      await look()
      await fill(visited, 3)
      await startJob(app)
      await look()
      await trouble(visited)
      await look()
      await page.goto(url)
      const words = language === 'ru-RU' ? 'Обзор' : 'Overview'
      assert.is(await page.locator('h1').textContent(), words)
      const links = page.locator('.banner a')
      assert.ok((await links.count()) >= 2)
      await page.locator('[data-log-out]').focus()
      await page.keyboard.press('Tab')
      assert.is(
        await page.evaluate("document.activeElement.getAttribute('href')"),
        await links.first().getAttribute('href'),
      )
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/settings#/)
    },
    { server, viewport, locale: language, bypassCSP: true },
  )
}

run()
