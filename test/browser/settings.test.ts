import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import type { Permission } from '../../src/accounts/permissions.ts'
import { startGeminiEmulator } from '../emulators/gemini.ts'
import { logIn as callApi } from '../support/api.ts'
import { sendPhoto } from '../support/booth.ts'
import { portrait } from '../support/photos.ts'
import type { TestServer } from '../support/server.ts'
import { assertAccessible } from './accessibility.ts'
import { browserSuite, logIn } from './browser.ts'

const { test, run } = browserSuite('browser/settings')

const toast = (page: Page, words: string) => page.locator('#toasts').getByText(words).waitFor()

async function openSettings(page: Page, server: TestServer, path = '/settings') {
  await logIn(page, server)
  await page.goto(`${server.url}${path}`)
}

/** With an account that is made for it. */
async function logInWith(page: Page, { app, url }: TestServer, permissions: Permission[]) {
  const { password } = await app.accounts.add({ username: 'venue', permissions }, 'serg')
  await page.goto(`${url}/login`)
  await page.getByLabel('User name').fill('venue')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL(`${url}/`)
}

test('the window is changed with the slider’s keys, and counts', async ({ page, server }) => {
  await openSettings(page, server)
  const part = page.locator('#window')
  await part.getByLabel('Response window in seconds').focus()
  for (let press = 0; press < 4; press += 1) await page.keyboard.press('ArrowRight')
  assert.is(await part.getByLabel('Seconds (45 to 60)').inputValue(), '52')
  await part.getByText('57 s').waitFor()
  await part.getByRole('button', { name: 'Save' }).click()
  await toast(page, 'The response window is saved.')
  const { body } = await (await callApi(server))('GET', '/api/settings')
  assert.is(body.ingest.sync_response_timeout_sec, 52)
  await page.reload()
  assert.is(await part.getByLabel('Seconds (45 to 60)').inputValue(), '52')
})

test('only what was changed is sent, so that two people do not undo each other', async ({ page, server }) => {
  await openSettings(page, server)
  await server.app.settings.set('event_message', 'Said by igor meanwhile', 'igor')
  await page.getByLabel('Name of the event').fill('Anna & Max')
  await page.getByLabel('Colour', { exact: true }).fill('#C0392B')
  await page.locator('#event').getByRole('button', { name: 'Save' }).click()
  await toast(page, 'Guests see it from now on.')
  assert.equal(await server.app.readEvent(), {
    title: 'Anna & Max',
    message: 'Said by igor meanwhile',
    link: null,
    color: '#C0392B',
  })
  await page.locator('#event').getByRole('button', { name: 'Save' }).click()
  await toast(page, 'Nothing has been changed.')
})

test('bad values are named at their fields, and what was typed stays', async ({ page, server }) => {
  await openSettings(page, server)
  const cases = [
    ['#window', 'Seconds (45 to 60)', '61', 'Enter a whole number from 45 to 60.'],
    ['#window', 'Seconds (45 to 60)', '', 'Enter a whole number from 45 to 60.'],
    ['#retention', 'Hours (1 to 8760)', '0', 'Enter a whole number from 1 to 8760.'],
    ['#budget', 'US dollars per day', '-1', 'Enter an amount from 0 to 1000000, or leave it empty.'],
    ['#event', 'Web page of the event', 'javascript:alert(1)', 'Enter an address that begins with'],
    ['#event', 'Name of the event', 'x'.repeat(81), 'At most 80 characters are possible.'],
    ['[data-key=gemini]', 'New key', 'short', 'At least 8 characters are needed.'],
    ['[data-key=openai]', 'Other address', 'ftp://x.example', 'Enter an address that begins with'],
  ] as const
  for (const [part, label, value, problem] of cases) {
    const place = page.locator(part)
    const field = place.getByLabel(label)
    await field.fill(value)
    await place.getByRole('button', { name: 'Save' }).click()
    await place.getByText(problem).waitFor()
    assert.equal([await field.inputValue(), await field.getAttribute('aria-invalid')], [value, 'true'], label)
    assert.ok(await field.evaluate((element) => element === element.ownerDocument.activeElement), label)
  }
  assert.is((await server.app.audit.list({ actor: 'serg' }, 1)).length, 0)
})

test(
  'a Russian reads in Russian what is wrong',
  async ({ page, server }) => {
    const { token } = await server.app.sessions.logIn({
      username: 'serg',
      password: server.app.credentials?.admins[0]?.password ?? '',
      address: '127.0.0.1',
    })
    await page.context().addCookies([{ name: 'photochanger_session', value: token, url: server.url }])
    await page.goto(`${server.url}/settings`)
    await page.getByLabel('Секунды (от 45 до 60)').fill('99')
    await page.locator('#window').getByRole('button', { name: 'Сохранить' }).click()
    await page.getByText('Введите целое число от 45 до 60.').waitFor()
  },
  { locale: 'ru-RU' },
)

test('a new ingest password is asked about, shown once, and the booth sends with it', async ({
  page,
  server,
}) => {
  await openSettings(page, server)
  await page.getByRole('button', { name: 'Make a new one …' }).click()
  const question = page.getByRole('dialog', { name: 'Make a new password for the booths?' })
  await question.getByRole('button', { name: 'Cancel' }).click()
  assert.is((await sendPhoto(server.url, 'slot-001', { password: server.password })).status, 200)
  await page.getByRole('button', { name: 'Make a new one …' }).click()
  await question.getByRole('button', { name: 'Make a new one' }).click()
  const shown = page.getByRole('dialog', { name: 'The new password of the booths' })
  await shown.waitFor()
  const password = await shown.getByLabel('Password of the booths').inputValue()
  await page.keyboard.press('Escape')
  assert.ok(await shown.isVisible())
  await shown.getByRole('button', { name: 'Copy' }).click()
  await toast(page, 'Copied')
  await shown.getByRole('button', { name: 'I have noted it' }).click()
  await page.locator('#password').getByText('Set by serg').waitFor()
  assert.not.match(await page.content(), password)
  assert.is((await sendPhoto(server.url, 'slot-001', { password: server.password })).status, 401)
  assert.is((await sendPhoto(server.url, 'slot-001', { password })).status, 200)
})

test('a password of one’s own can be looked at while it is typed', async ({ page, server }) => {
  await openSettings(page, server)
  await page.getByText('Or choose one yourself').click()
  const field = page.getByLabel('New password (at least 8 characters)')
  await field.fill('correct horse')
  assert.is(await field.getAttribute('type'), 'password')
  await page.locator('#password').getByRole('button', { name: 'Show' }).click()
  assert.is(await field.getAttribute('type'), 'text')
  await page.getByRole('button', { name: 'Set it' }).click()
  await toast(page, 'The new password of the booths works now.')
  assert.is(await field.inputValue(), '')
  assert.is((await sendPhoto(server.url, 'slot-001', { password: 'correct horse' })).status, 200)
})

test('a key is saved, tested at the vendor, refused in words, and removed', async ({ page, server }) => {
  const gemini = await startGeminiEmulator({ apiKey: 'a-key-of-gemini' })
  try {
    await openSettings(page, server)
    const card = page.locator('[data-key=gemini]')
    const save = card.getByRole('button', { name: 'Save' })
    await card.getByText('No key').waitFor()
    await card.getByLabel('New key').fill('a-key-of-gemini')
    await card.getByLabel('Other address').fill(gemini.url)
    await save.click()
    await toast(page, 'The key is saved.')
    await card.getByText('Ready').waitFor()
    await card.getByText('Set by serg').waitFor()
    assert.is(await card.getByLabel('New key').inputValue(), '')
    await card.getByRole('button', { name: 'Test the key' }).click()
    await card.getByText('The key works.').waitFor()
    await card.getByText('Google Gemini accepts the key.').waitFor()
    await card.getByLabel('Other address').fill('http://127.0.0.1:9')
    await save.click()
    await card.getByText('Type the key again').waitFor()
    await card.getByLabel('Other address').fill(gemini.url)
    await card.getByLabel('New key').fill('one-that-is-refused')
    await save.click()
    await card.getByRole('button', { name: 'Test the key' }).click()
    await card.getByText('The key is not accepted.').waitFor()
    await card.getByRole('button', { name: 'Remove …' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await toast(page, 'The key of Google Gemini is removed.')
    await card.getByText('No key').waitFor()
    assert.is(await card.getByLabel('Other address').inputValue(), '')
    assert.not.match(await page.content(), /a-key-of-gemini|one-that-is-refused/)
  } finally {
    await gemini.close()
  }
})

test('a clean-up is followed to its end and says what it has removed', async ({ page, server }) => {
  await openSettings(page, server)
  await page.getByRole('button', { name: 'Remove everything expired' }).click()
  await page.getByText('Done. There was nothing to remove.').waitFor()
  const bytes = await readFile(portrait)
  const { id } = await registerPhoto(server, bytes)
  await server.app.db.query.updateTable('media_objects').set({ expires_at: 1 }).where('id', '=', id).execute()
  await page.getByRole('button', { name: 'Remove temporary files' }).click()
  await page.getByText('Done. This was removed:').waitFor()
  const report = (await page.locator('[data-purge-report]').textContent()) ?? ''
  assert.match(report, /Temporary files\s*1\D/)
  assert.match(report, /^\s*Files\s*1\D/)
})

async function registerPhoto(server: TestServer, bytes: Uint8Array): Promise<{ id: string }> {
  const form = new FormData()
  form.append('file', new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' }), 'photo.jpg')
  const { body } = await (await callApi(server))('POST', '/api/media/register', form)
  return body
}

test('alerts are switched on, tried, and switched off; their address is not shown again', async ({
  page,
  server,
}) => {
  let messages = 0
  const receiver = createServer((request, response) => {
    messages += 1
    request.resume().on('end', () => response.writeHead(messages > 1 ? 410 : 200).end())
  }).listen(0, '127.0.0.1')
  try {
    await openSettings(page, server)
    const part = page.locator('#alerts')
    await part.getByRole('button', { name: 'Send a test message' }).click()
    await part.getByText('Save an address first.').waitFor()
    const { port } = receiver.address() as AddressInfo
    await part.getByLabel('New address').fill(`http://127.0.0.1:${port}/secret-token`)
    await part.getByLabel('Kind of messages').selectOption({ label: 'Telegram' })
    await part.getByRole('button', { name: 'Save' }).click()
    await part.getByText('Telegram needs to know the chat.').waitFor()
    await part.getByLabel('Kind of messages').selectOption({ label: 'JSON' })
    await part.getByRole('button', { name: 'Save' }).click()
    await part.getByText(`They go to 127.0.0.1:${port}`).waitFor()
    await part.getByRole('button', { name: 'Send a test message' }).click()
    await part.getByText('The test message is sent.').waitFor()
    assert.is(messages, 1)
    await part.getByRole('button', { name: 'Send a test message' }).click()
    await part.getByText('It could not be sent:').waitFor()
    assert.not.match(await page.content(), 'secret-token')
    await part.getByRole('button', { name: 'Switch off …' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await part.getByText('Off', { exact: true }).waitFor()
  } finally {
    receiver.close()
  }
})

test('a link to the status page is shown once, works, and is called back', async ({ page, server }) => {
  await openSettings(page, server)
  const part = page.locator('#status')
  await part.getByRole('button', { name: 'Make a link' }).click()
  await part.getByText('This must not be empty.').waitFor()
  await part.getByLabel('Who it is for').fill('DJ')
  await part.getByLabel('Works for (days)').fill('91')
  await part.getByRole('button', { name: 'Make a link' }).click()
  await part.getByText('Enter a whole number from 1 to 90.').waitFor()
  await part.getByLabel('Works for (days)').fill('2')
  await part.getByRole('button', { name: 'Make a link' }).click()
  const shown = page.getByRole('dialog', { name: 'The link is made' })
  const address = await shown.getByLabel('Link to the status page').inputValue()
  assert.match(address, `${server.url}/status/`)
  await shown.getByRole('button', { name: 'I have noted it' }).click()
  await part.getByText('DJ', { exact: true }).waitFor()
  assert.ok(await server.app.statusLinks.isGood(address.split('/').pop() ?? ''))
  await part.getByRole('button', { name: /Call back/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Call back' }).click()
  await part.getByText('There are no links.').waitFor()
  assert.is(await server.app.statusLinks.isGood(address.split('/').pop() ?? ''), false)
})

test('an account is added, logs in, gets other rights, another password, and is removed', async ({
  page,
  server,
  open,
}) => {
  await openSettings(page, server, '/settings/accounts')
  await page.getByLabel('User name').fill('a name')
  await page.getByRole('button', { name: 'Add' }).click()
  await page.getByText('1 to 64 letters').waitFor()
  await page.getByLabel('User name').fill('Venue')
  await page.locator('[data-add]').getByLabel('see slots').check()
  await page.getByRole('button', { name: 'Add' }).click()
  const shown = page.locator('[data-secret]')
  await shown.waitFor()
  const password = await shown.getByLabel('Password of venue').inputValue()
  await shown.getByRole('button', { name: 'I have noted it' }).click()
  const row = page.locator('[data-account=venue]')
  await row.getByText('see slots').waitFor()

  const other = await open()
  await other.goto(`${server.url}/login?next=/account`)
  await other.getByLabel('User name').fill('venue')
  await other.getByLabel('Password').fill(password)
  await other.keyboard.press('Enter')
  await other.getByRole('heading', { name: 'Your account' }).waitFor()

  await row.getByRole('button', { name: 'Change rights' }).click()
  const dialog = page.getByRole('dialog', { name: 'Rights of venue' })
  await dialog.getByLabel('see slots').uncheck()
  await dialog.getByLabel('see jobs and statistics').check()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await row.getByText('see jobs and statistics').waitFor()
  assert.is(await row.getByText('see slots').count(), 0)

  await row.getByRole('button', { name: 'New password' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Make a new one' }).click()
  await shown.waitFor()
  await shown.getByRole('button', { name: 'I have noted it' }).click()
  await other.reload()
  await other.waitForURL(`${server.url}/login?next=%2Faccount`)

  await row.getByRole('button', { name: 'Remove …' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove for good' }).click()
  await toast(page, 'venue is removed.')
  await row.waitFor({ state: 'detached' })
})

test('the last who may change settings is kept, in words', async ({ page, server }) => {
  await server.app.accounts.remove('igor', 'serg')
  await openSettings(page, server, '/settings/accounts')
  const row = page.locator('[data-account=serg]')
  await row.getByRole('button', { name: 'Remove …' }).click()
  await page.getByText('you are logged out at once').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove for good' }).click()
  await page.getByText('Nobody would be left who may change settings.').waitFor()
  await row.getByRole('button', { name: 'Change rights' }).click()
  const dialog = page.getByRole('dialog', { name: 'Rights of serg' })
  await dialog.getByLabel('change settings').uncheck()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('Nobody would be left who may change settings.').waitFor()
  assert.is(await dialog.getByLabel('change settings').isChecked(), false)
})

test('an account with few rights sees fewer things', async ({ page, server }) => {
  await logInWith(page, server, ['settings:read'])
  await page.goto(`${server.url}/settings`)
  await page.getByText('Your account may look, but not change anything here.').waitFor()
  assert.is(await page.locator('main').getByRole('button').count(), 0)
  assert.is(await page.locator('main').getByRole('textbox').count(), 0)
  await server.app.accounts.setPermissions('venue', ['slots:read'], 'serg')
  await page.reload()
  await page.getByText('Your account may not see this.').waitFor()
  assert.is(await page.getByRole('link', { name: 'Settings' }).count(), 0)
})

test('the log shows a change that was just made', async ({ page, server }) => {
  await openSettings(page, server)
  await page.getByLabel('Hours (1 to 8760)').fill('24')
  await page.getByText('= 1 day').waitFor()
  await page.locator('#retention').getByRole('button', { name: 'Save' }).click()
  await toast(page, 'Saved how long pictures are kept.')
  await page.getByRole('link', { name: 'Log', exact: true }).click()
  const newest = page.locator('.audit > li').first()
  await newest.getByText('Keeping pictures (h)').waitFor()
  assert.match((await newest.textContent()) ?? '', /72\s*→\s*(After:)?\s*24/)
  await page.getByLabel('What').selectOption({ label: 'Account added' })
  await page.getByRole('button', { name: 'Show' }).click()
  await page.getByText('No change is like that.').waitFor()
})

test('one’s own password is changed, and everywhere one has to log in again', async ({
  page,
  server,
  open,
}) => {
  const first = server.app.credentials?.admins[0]?.password ?? ''
  const elsewhere = await open()
  await logIn(elsewhere, server)
  await openSettings(page, server, '/account')
  const change = async (current: string, next: string, again = next) => {
    await page.getByLabel('Current password').fill(current)
    await page.getByLabel('New password', { exact: true }).fill(next)
    await page.getByLabel('New password once more').fill(again)
    await page.getByRole('button', { name: 'Change the password' }).click()
  }
  await change(first, 'a longer password', 'another one')
  await page.getByText('This is not the same as the new password.').waitFor()
  await change(first, 'short')
  await page.getByText('At least 12 characters are needed.').waitFor()
  await change('wrong', 'a longer password')
  await page.getByText('The current password is wrong.').waitFor()
  assert.is(await page.getByLabel('New password once more').inputValue(), 'a longer password')
  await change(first, 'a longer password')
  await page.getByText('every session of yours has ended').waitFor()
  await elsewhere.goto(`${server.url}/account`)
  await elsewhere.getByRole('heading', { name: 'PhotoChanger' }).waitFor()
  await page.getByRole('link', { name: 'Log in' }).click()
  await page.getByLabel('User name').fill('serg')
  await page.getByLabel('Password').fill('a longer password')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
})

for (const width of [390, 1280]) {
  test(
    `everything of it is accessible and fits at ${width} px`,
    async ({ page, server }) => {
      await server.app.settings.set('budget_usd_per_day', 20, 'serg')
      await server.app.accounts.add({ username: 'venue', permissions: [] }, 'serg')
      await logIn(page, server)
      for (const path of ['/settings', '/settings/accounts', '/settings/audit', '/account']) {
        await page.goto(`${server.url}${path}`)
        await assertAccessible(page)
        assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), path)
      }
      await page.goto(`${server.url}/settings`)
      await page.getByLabel('Seconds (45 to 60)').fill('99')
      await page.locator('#window').getByRole('button', { name: 'Save' }).click()
      await page.getByText('Enter a whole number').waitFor()
      await page.getByRole('button', { name: 'Make a new one …' }).click()
      await assertAccessible(page)
      await page.getByRole('dialog').getByRole('button', { name: 'Make a new one' }).click()
      await page.getByText('It is shown only now.').waitFor()
      await assertAccessible(page)
    },
    { viewport: { width, height: 800 }, bypassCSP: true },
  )
}

run()
