import * as assert from 'uvu/assert'
import { openPageAs } from '../console/visit.ts'
import { assertAccessible } from './accessibility.ts'
import { browserSuite, logIn } from './browser.ts'

const { test, run } = browserSuite('browser/doctor')

test('a check-up is seen at once, and what costs something only when it is asked for', async ({
  page,
  server,
}) => {
  const { app } = server
  await app.health.workers.enlist({ kind: 'serve', concurrency: 4 }).beat()
  await logIn(page, server)
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('link', { name: 'Check-up' }).click()
  await page.locator('[data-check=database]').getByText('no damage found').waitFor()
  assert.is(await page.locator('[data-check=database]').getAttribute('data-status'), 'ok')
  assert.is((await app.reader.list({}, 10)).length, 0)
  const further = page.getByRole('region', { name: 'Looking further' })
  await further.getByText('It costs nothing.').waitFor()
  await further.getByText('Not looked at yet').first().waitFor()
  await further.getByRole('button', { name: 'Look further' }).click()
  await page
    .locator('[data-check="picture/slot-003"]')
    .getByText(/Finished after/)
    .waitFor()
  await page.locator('[data-check=reach]').getByText('leads to this program').waitFor()
  assert.is((await app.reader.list({}, 10)).length, 3)
  await app.db.query
    .updateTable('slots')
    .set({ settings_json: '{"effect":"none"}' })
    .where('id', '=', 'slot-001')
    .execute()
  await page.getByRole('button', { name: 'Check again' }).click()
  await page
    .locator('[data-check="slot/slot-001"][data-status=problem]')
    .getByText('Correct them on the page')
    .waitFor()
  await page
    .getByRole('status')
    .getByText(/There are problems/)
    .waitFor()
})

test('whoever may only look cannot send pictures; without rights there is no page', async ({ server }) => {
  const mayLook = await openPageAs(server, ['settings:read'], '/settings/doctor')
  assert.is(mayLook.status, 200)
  assert.not.match(mayLook.html, 'data-run')
  assert.is((await openPageAs(server, ['stats:read'], '/settings/doctor')).status, 403)
})

for (const [width, locale] of [
  [390, 'ru-RU'],
  [1280, 'en-GB'],
] as const) {
  test(
    `it is accessible and fits at ${width} px`,
    async ({ page, server }) => {
      const { token } = await server.app.sessions.logIn({
        username: 'serg',
        password: server.app.credentials?.admins[0]?.password ?? '',
        address: '127.0.0.1',
      })
      await page.context().addCookies([{ name: 'photochanger_session', value: token, url: server.url }])
      await page.goto(`${server.url}/settings/doctor`)
      await page.locator('[data-check=database]').waitFor()
      await page.locator('[data-run]').click()
      await page.locator('[data-check="picture/slot-001"]').waitFor()
      await assertAccessible(page)
      assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
    },
    { viewport: { width, height: 800 }, locale, bypassCSP: true },
  )
}

run()
