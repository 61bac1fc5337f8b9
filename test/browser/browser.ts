// A real browser on a real server. Nothing may leave this machine, break the content security policy or throw.
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openTestServer, type TestServer } from '../support/server.ts'

const places = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

export const browserPath = places.find((path) => path !== undefined && existsSync(path))

export interface Visit {
  server: TestServer
  browser: Browser
  page: Page
  /** Another window with cookies of its own. */
  open(options?: BrowserContextOptions): Promise<Page>
}

type ServerOptions = Parameters<typeof openTestServer>[0]

/** A suite whose tests are skipped, and counted as skipped, where there is no browser. */
export function browserSuite(name: string) {
  const tests = suite(name)
  return {
    run: tests.run,
    after: tests.after,
    /** The visit starts on an empty page of a fresh server with the four usual workers. */
    test(
      title: string,
      work: (visit: Visit) => Promise<void>,
      { server: serverOptions, ...contextOptions }: BrowserContextOptions & { server?: ServerOptions } = {},
    ) {
      if (browserPath === undefined) return tests.skip(title)
      tests(title, () => visitServer(work, serverOptions, contextOptions))
    },
  }
}

async function visitServer(
  work: (visit: Visit) => Promise<void>,
  serverOptions: ServerOptions,
  contextOptions: BrowserContextOptions,
) {
  const server = await openTestServer(serverOptions)
  const browser = await chromium.launch({ executablePath: String(browserPath), args: ['--no-sandbox'] })
  const complaints: string[] = []
  const open = async (options: BrowserContextOptions = {}) => {
    const context = await browser.newContext({ locale: 'en-GB', ...contextOptions, ...options })
    context.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url())
      if (protocol.startsWith('http') && hostname !== '127.0.0.1')
        complaints.push(`a request to ${request.url()}`)
    })
    const page = await context.newPage()
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error.stack)))
    return page
  }
  try {
    await work({ server, browser, open, page: await open() })
    assert.equal(complaints, [])
  } finally {
    await browser.close()
    await server.close()
  }
}

/** Through the form, as a person does. */
export async function logIn(page: Page, { url, app }: TestServer, username = 'serg'): Promise<void> {
  const admin = app.credentials?.admins.find((each) => each.username === username)
  await page.goto(`${url}/login`)
  await page.getByLabel('User name').fill(username)
  await page.getByLabel('Password').fill(admin?.password ?? '')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL(`${url}/`)
}
