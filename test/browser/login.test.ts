import * as assert from 'uvu/assert'
import { browserSuite, logIn } from './browser.ts'

const { test, run } = browserSuite('browser/login')

test('an administrator logs in, and out again', async ({ page, server }) => {
  await logIn(page, server)
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.waitForURL(`${server.url}/login`)
  await page.goto(`${server.url}/slots`)
  assert.is(new URL(page.url()).pathname, '/login')
})

test('a wrong password is said in words, and the name stays', async ({ page, server }) => {
  await page.goto(`${server.url}/login`)
  await page.getByLabel('User name').fill('serg')
  await page.getByLabel('Password').fill('wrong wrong')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByText('User name or password is wrong.').waitFor()
  assert.is(await page.getByLabel('User name').inputValue(), 'serg')
})

test('after logging in one comes to the page that was asked for', async ({ page, server }) => {
  const password = server.app.credentials?.admins[0]?.password ?? ''
  await page.goto(`${server.url}/account`)
  await page.getByLabel('User name').fill('serg')
  await page.getByLabel('Password').fill(password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
})

test(
  'a Russian browser gets Russian pages, and can switch',
  async ({ page, server }) => {
    await page.goto(`${server.url}/login`)
    await page.getByRole('heading', { name: 'PhotoChanger' }).waitFor()
    await page.getByRole('button', { name: 'Войти' }).waitFor()
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByRole('button', { name: 'Log in' }).waitFor()
    assert.is(await page.locator('html').getAttribute('lang'), 'en')
  },
  { locale: 'ru-RU' },
)

run()
