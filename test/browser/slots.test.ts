import * as assert from 'uvu/assert'
import { portrait } from '../support/photos.ts'
import { assertAccessible } from './accessibility.ts'
import { browserSuite, logIn } from './browser.ts'
import { openSlot, said, save, useWarm } from './slot-page.ts'

const { test, run } = browserSuite('browser/slots')

test('a slot is set up through the form, and only what differs from the defaults is saved', async ({
  page,
  server,
}) => {
  await openSlot(page, server)
  await page.getByLabel('Name', { exact: true }).fill('Warm evening')
  await page.getByLabel('Who does the work').first().selectOption('local')
  await page.getByLabel('What is done').first().selectOption('filter')
  await page.locator('#f-settings_json-effect').selectOption({ label: 'Warm' })
  await page.locator('#f-settings_json-strength').fill('70')
  assert.is(await page.getByLabel('Strength: slider').first().inputValue(), '70')
  await page.locator('[data-changed]').getByText('Unsaved changes').waitFor()
  await save(page)
  await said(page, 'Saved.')
  assert.is(await page.locator('[data-changed]').textContent(), '')
  const slot = await server.app.slots.get('slot-004')
  assert.equal(slot.settings, { effect: 'warm', strength: 70 })
  assert.equal([slot.name, slot.providerId, slot.updatedBy], ['Warm evening', 'local', 'serg'])
  await page.getByRole('heading', { level: 1, name: 'Warm evening' }).waitFor()
  await page.locator('[data-state]').getByText('takes photos').waitFor()
})

test('what is wrong stands at its field, and everything that was typed stays', async ({ page, server }) => {
  await useWarm(server)
  await openSlot(page, server)
  await page.getByLabel('Name', { exact: true }).fill('Too warm')
  await page.locator('#f-settings_json-strength').fill('170')
  await page.getByRole('button', { name: 'Add a fallback' }).click()
  await page.locator('#f-settings_json-fallbacks-0-provider_id').selectOption('openai')
  await save(page)
  await page.locator('[data-problem-at="settings_json.strength"]').getByText('At most 100.').waitFor()
  await page
    .locator('[data-problem-at="settings_json.fallbacks.0.settings.prompt"]')
    .getByText('This is needed.')
    .waitFor()
  assert.is(await page.locator('#f-settings_json-strength').getAttribute('aria-invalid'), 'true')
  assert.is(await page.locator('#f-settings_json-strength').inputValue(), '170')
  assert.is(await page.getByLabel('Name', { exact: true }).inputValue(), 'Too warm')
  await page.getByRole('link', { name: /^Strength/ }).click()
  assert.ok(await page.locator('#f-settings_json-strength').evaluate((element) => element.matches(':focus')))
  assert.is((await server.app.slots.get('slot-004')).name, 'Slot 4')
})

test('fallbacks are moved and variables are saved under their names', async ({ page, server }) => {
  await useWarm(server)
  await openSlot(page, server)
  const add = page.getByRole('button', { name: 'Add a fallback' })
  await add.click()
  await page.locator('#f-settings_json-fallbacks-0-settings-effect').selectOption({ label: 'Sepia' })
  await add.click()
  await page.locator('#f-settings_json-fallbacks-1-provider_id').selectOption('echo')
  await page.getByRole('button', { name: 'Move fallback 2 up' }).click()
  await page.getByText('Prompt variables').click()
  await page.getByRole('button', { name: 'Add a variable' }).click()
  await page.locator('#f-settings_json-variables-0-name').fill('style')
  await page.locator('#f-settings_json-variables-0-allowed').fill('comic\noil painting')
  await save(page)
  await said(page, 'Saved.')
  const { settings } = await server.app.slots.get('slot-004')
  assert.equal(settings.fallbacks, [
    { provider_id: 'echo', operation_id: 'echo', settings: {} },
    { provider_id: 'local', operation_id: 'filter', settings: { effect: 'sepia' } },
  ])
  assert.equal(settings.variables, { style: { allowed: ['comic', 'oil painting'] } })
})

test('a slot is switched off in the list, and found by its name', async ({ page, server }) => {
  await logIn(page, server)
  await page.goto(`${server.url}/slots`)
  const card = page.locator('[data-slot="slot-002"]')
  await card.getByRole('switch').click()
  await card.getByText('switched off').waitFor()
  assert.is((await server.app.slots.get('slot-002')).isEnabled, false)
  await page.getByLabel('Find by name, id or provider').fill('POP')
  assert.is(await page.locator('[data-slot]:visible').count(), 1)
  await card.getByRole('link', { name: 'Pop art' }).click()
  await page.locator('[data-form]').waitFor()
  await page.getByRole('switch').click()
  await page.locator('[data-state]').getByText('takes photos').waitFor()
  await save(page)
  await said(page, 'Saved.')
})

test('the form is left only after a warning while something is not saved', async ({ page, server }) => {
  await useWarm(server)
  await openSlot(page, server)
  await page.getByLabel('Name', { exact: true }).fill('Half done')
  const asked = page.waitForEvent('dialog')
  const leaving = page.goto(`${server.url}/slots`).catch(() => undefined) // It is called off by the answer.
  const dialog = await asked
  assert.is(dialog.type(), 'beforeunload')
  await dialog.dismiss()
  await leaving
  await page.getByRole('button', { name: 'Undo changes' }).click()
  assert.is(await page.getByLabel('Name', { exact: true }).inputValue(), 'Slot 4')
  await page.goto(`${server.url}/slots`)
})

test('a slot is set up by keyboard alone', async ({ page, server }) => {
  await openSlot(page, server)
  await page.getByLabel('Name', { exact: true }).focus()
  await page.keyboard.press('Tab')
  await page.keyboard.type('On this')
  await page.keyboard.press('Tab')
  await page.keyboard.type('Give')
  await page.keyboard.press('Tab')
  await page.keyboard.type('Warm')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Home')
  await page.keyboard.press('Tab')
  assert.is(await page.locator('#f-settings_json-strength').inputValue(), '0')
  await page.keyboard.press('Enter')
  await said(page, 'Saved.')
  assert.equal((await server.app.slots.get('slot-004')).settings, { effect: 'warm', strength: 0 })
})

test('statistics start anew after a question', async ({ page, server }) => {
  await openSlot(page, server)
  await page.getByRole('button', { name: 'Start counting anew' }).click()
  await page.getByRole('button', { name: 'Start anew', exact: true }).click()
  await said(page, 'The statistics of this slot count from now on.')
  assert.ok(await server.app.stats.lastResetAt('slot-004'))
})

test('who may only look sees the settings and cannot touch them', async ({ page, server }) => {
  await useWarm(server)
  const rights = { username: 'looker', permissions: ['slots:read'] as const }
  const { password } = await server.app.accounts.add(rights, 'serg')
  await page.goto(`${server.url}/login`)
  await page.getByLabel('User name').fill('looker')
  await page.getByLabel('Password').fill(password)
  await page.keyboard.press('Enter')
  await page.waitForURL(`${server.url}/`)
  await page.goto(`${server.url}/slots/slot-004`)
  await page.locator('[data-form]').waitFor()
  assert.is(await page.locator('#f-settings_json-strength').inputValue(), '70')
  assert.ok(await page.locator('#f-settings_json-strength').isDisabled())
  assert.is(await page.getByRole('button', { name: 'Save', exact: true }).count(), 0)
  assert.is(await page.getByRole('button', { name: /Bring back/ }).count(), 0)
})

for (const locale of ['en-GB', 'ru-RU']) {
  test(
    `both pages are accessible, wide and narrow (${locale})`,
    async ({ page, server }) => {
      await useWarm(server)
      await server.app.slots.update('slot-006', { isEnabled: false })
      const admin = server.app.credentials?.admins[0]
      await page.goto(`${server.url}/login`)
      await page.locator('#username').fill(admin?.username ?? '')
      await page.locator('#password').fill(admin?.password ?? '')
      await page.keyboard.press('Enter')
      await page.waitForURL(`${server.url}/`)
      for (const width of [390, 1280]) {
        await page.setViewportSize({ width, height: 900 })
        await page.goto(`${server.url}/slots`)
        await assertAccessible(page)
        assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${width}`)
        await page.goto(`${server.url}/slots/slot-004`)
        await page.locator('[data-form]').waitFor()
        if (locale === 'ru-RU') await page.getByText('Какой эффект придать фото.').first().waitFor()
        await page.locator('#f-operation_id').selectOption('combine')
        await page.locator('fieldset[data-path="settings_json.branding"] legend input').check()
        await page.locator('.chain + div button').click()
        await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        await page.locator('[data-part="variables"] button').click()
        await page.locator('[data-drop] input').setInputFiles(portrait)
        await page.locator('.compare').waitFor()
        await page.locator('[data-save]').click()
        await page.locator('[data-summary] li').first().waitFor()
        await assertAccessible(page)
        assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${width}`)
        await page.locator('[data-discard]').click()
      }
    },
    { bypassCSP: true, locale },
  )
}

run()
