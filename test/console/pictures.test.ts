import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Permission } from '../../src/accounts/permissions.ts'
import { openTestServer } from '../support/server.ts'

const test = suite('console/pictures')
const server = await openTestServer({ workers: 0 })
const { app, url } = server

async function openPage(permissions: Permission[], query = '') {
  const username = permissions.join('.').replaceAll(':', '-')
  if (!(await app.accounts.find(username))) await app.accounts.add({ username, permissions }, 'a test')
  const { accessToken } = await app.sessions.issue({ username, permissions })
  const response = await fetch(`${url}/pictures${query}`, {
    headers: { cookie: `photochanger_session=${accessToken}`, 'accept-language': 'en' },
    redirect: 'manual',
  })
  return { status: response.status, html: await response.text() }
}

test('who may only look is offered nothing that changes anything', async () => {
  const { status, html } = await openPage(['stats:read'])
  assert.is(status, 200)
  assert.match(html, /data-archive/)
  assert.not.match(html, /data-delete|data-slideshow|data-open-gallery/)
})

test('with more rights come the slideshow, deleting, and the gallery’s switch', async () => {
  const slots = await openPage(['stats:read', 'slots:write'])
  assert.match(slots.html, /data-slideshow[\s\S]*data-delete/)
  assert.not.match(slots.html, /data-open-gallery/)
  const settings = await openPage(['stats:read', 'settings:write'])
  assert.match(settings.html, /data-open-gallery/)
  assert.not.match(settings.html, /data-delete/)
})

test('a slot in the address is chosen, an unknown one is as none', async () => {
  const chosen = await openPage(['stats:read'], '?slot=slot-002')
  assert.match(chosen.html, /<option value="slot-002" selected>/)
  assert.match(chosen.html, /data-pictures data-slot="slot-002"/)
  assert.match((await openPage(['stats:read'], '?slot=%3Cb%3E')).html, /data-pictures data-slot=""/)
})

test('without the right there is no page', async () => {
  assert.is((await openPage(['slots:read'])).status, 403)
})

test.after(() => server.close())

test.run()
