import * as assert from 'uvu/assert'
import { landscape, portrait } from '../support/photos.ts'
import { useEcho } from '../support/server.ts'
import { browserSuite } from './browser.ts'
import { openSlot, said, save, useWarm } from './slot-page.ts'

const { test, run } = browserSuite('browser/slot-tools')

test('a picture that the settings need is put in, replaced and, when forced, removed', async ({
  page,
  server,
}) => {
  await openSlot(page, server)
  await page.getByLabel('Who does the work').first().selectOption('local')
  await page.getByLabel('What is done').first().selectOption('frame')
  await page.locator('[data-key="frame"]').getByText('missing').waitFor()
  await save(page)
  await page.locator('[data-problem-at="templates.frame"]').getByText('This picture is missing.').waitFor()
  await page.locator('[data-key="frame"] input[type="file"]').setInputFiles(landscape)
  await page.locator('[data-key="frame"] img').waitFor()
  await save(page)
  await said(page, 'Saved.')
  const first = await page.locator('[data-key="frame"] img').getAttribute('src')
  await page.locator('[data-key="frame"] input[type="file"]').setInputFiles(portrait)
  await page.locator(`[data-key="frame"] img:not([src="${first}"])`).waitFor()
  await page.getByRole('button', { name: 'Remove Frame' }).click()
  await page.getByRole('dialog').getByText('cannot work without “Frame”').waitFor()
  await page.getByRole('button', { name: 'Remove it' }).click()
  await page.locator('[data-key="frame"]').getByText('missing').waitFor()
  assert.equal(await server.app.templates.listOfSlot('slot-004'), [])
})

test('a file that is no picture is refused in words', async ({ page, server }) => {
  await openSlot(page, server)
  await page.getByText('Add another picture').click()
  const file = { name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('no picture at all') }
  await page.locator('[data-templates] input[type="file"]').last().setInputFiles(file)
  await page
    .locator('[data-templates] [role="alert"]:visible')
    .getByText('This file is not a picture.')
    .waitFor()
})

test('a photograph is tried, and its before and after can be compared by keyboard', async ({
  page,
  server,
}) => {
  await useWarm(server)
  await openSlot(page, server)
  await page.locator('#f-settings_json-strength').fill('20')
  await page.getByText('You have unsaved changes').waitFor()
  await page.locator('[data-drop] input').setInputFiles(portrait)
  const slider = page.getByLabel('How much of the original is shown')
  await slider.waitFor()
  await page.getByText(/\d s of 48 s/).waitFor()
  const clip = () => page.locator('.compare-before').evaluate((image) => image.getAttribute('style'))
  const start = await clip()
  await slider.focus()
  await page.keyboard.press('ArrowRight')
  assert.is.not(await clip(), start)
  const loaded = () =>
    page
      .locator('.compare-after')
      .evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth)
  await page.waitForFunction("document.querySelector('.compare-after').naturalWidth > 0")
  assert.is(await loaded(), 512)
  await page.getByText('What happened').click()
  await page.getByText('The picture of On this machine is finished').waitFor()
  const [job] = await server.app.reader.list({}, 1)
  assert.ok(job?.isTest)
})

test('where no picture comes the reason and the way to it are told', async ({ page, server }) => {
  await useEcho(server, 'slot-004', {
    fail: 'content_blocked',
    on_failure: 'local',
    fallbacks: [{ provider_id: 'echo', operation_id: 'echo', settings: { fail: 'bad_input' } }],
  })
  await openSlot(page, server)
  await page.locator('[data-drop] input').setInputFiles(portrait)
  await page.getByText('This is the substitute.').waitFor()
  await page.getByText('Echo has no picture after').first().waitFor()
  await page.getByText('The substitute is made').waitFor()
})

test('two administrators at once: both see it, and each keeps what is wanted', async ({
  page,
  server,
  open,
}) => {
  await useWarm(server)
  await openSlot(page, server)
  const other = await open()
  await openSlot(other, server, 'slot-004', 'igor')
  await other.getByLabel('Name', { exact: true }).fill('Igor’s')
  await other.locator('#f-settings_json-strength').fill('30')
  await save(other)
  await said(other, 'Saved.')
  await page.locator('#f-settings_json-strength').fill('90')
  await page.locator('#f-settings_json-effect').selectOption({ label: 'Cool' })
  await save(page)
  const dialog = page.getByRole('dialog')
  await dialog.getByText('igor has saved meanwhile.').waitFor()
  assert.is(await dialog.getByRole('group').count(), 2)
  await dialog.getByText('Changed only by you, and kept: Look').waitFor()
  await dialog.getByRole('button', { name: 'Back to the form' }).click()
  assert.is(await page.locator('#f-settings_json-strength').inputValue(), '90')
  await save(page)
  await dialog.getByRole('button', { name: 'Save like this' }).click()
  await said(page, 'Saved.')
  const slot = await server.app.slots.get('slot-004')
  assert.is(slot.name, 'Igor’s')
  assert.equal(slot.settings, { effect: 'cool', strength: 90 })
})

test('in a conflict everything of the other can be taken', async ({ page, server }) => {
  await useWarm(server)
  await openSlot(page, server)
  await page.locator('#f-settings_json-strength').fill('90')
  await server.app.slots.update('slot-004', { settings: { effect: 'noir', strength: 5 }, updatedBy: 'igor' })
  await save(page)
  await page.getByRole('button', { name: 'Choose all of theirs' }).click()
  await page.getByRole('button', { name: 'Save like this' }).click()
  await said(page, 'The form shows what the other has saved.')
  assert.is(await page.locator('#f-settings_json-strength').inputValue(), '5')
  assert.equal((await server.app.slots.get('slot-004')).settings, { effect: 'noir', strength: 5 })
})

test('the history says who has changed what, and brings a version back', async ({ page, server }) => {
  await useWarm(server)
  await server.app.slots.update('slot-004', { settings: { effect: 'noir' }, updatedBy: 'igor' })
  await openSlot(page, server)
  const version = page.locator('[data-versions] > li').first()
  await version.getByText('igor').waitFor()
  await version.locator('summary').click()
  await version.locator('del').getByText('Warm').waitFor()
  await version.locator('ins').getByText('Film noir').waitFor()
  await page.locator('[data-versions] > li').nth(1).locator('summary').click()
  await page.getByRole('button', { name: 'Bring back version 2' }).click()
  await said(page, 'Version 2 holds again.')
  assert.is(await page.locator('#f-settings_json-strength').inputValue(), '70')
  assert.equal((await server.app.slots.get('slot-004')).settings, { effect: 'warm', strength: 70 })
})

run()
