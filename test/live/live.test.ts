import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { allPermissions } from '../../src/accounts/permissions.ts'
import { sessionCookie } from '../../src/accounts/sessions.ts'
import { openApp } from '../../src/app.ts'
import { visitAs } from '../console/visit-as.ts'
import { logIn } from '../support/api.ts'
import { createTestClock } from '../support/clock.ts'
import { addPicture } from '../support/finished.ts'
import { openTestServer, type TestServer } from '../support/server.ts'

const test = suite('live')

async function listen({ app, url }: TestServer) {
  const { accessToken } = await app.sessions.issue({ username: 'serg', permissions: allPermissions })
  const response = await fetch(`${url}/events`, { headers: { cookie: `${sessionCookie}=${accessToken}` } })
  assert.is(response.status, 200)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    token: accessToken,
    /** Undefined when the stream has ended. */
    async until(part: string): Promise<string | undefined> {
      while (!text.includes(part)) {
        const chunk = await reader?.read()
        if (!chunk || chunk.done) return undefined
        text += chunk.value
      }
      return text
    },
  }
}

test('a picture of another process arrives; a session that has ended hears nothing more', async () => {
  const server = await openTestServer({ workers: 0 })
  const other = await openApp(server.app.config, { log: server.app.log })
  try {
    const events = await listen(server)
    await events.until('retry:')
    const id = await addPicture(other)
    assert.ok(await events.until(id))
    await server.app.sessions.logOut({ authorization: '', session: events.token })
    await addPicture(other)
    assert.is(await events.until('never comes'), undefined)
  } finally {
    await other.close()
    await server.close()
  }
})

test('a server that stops ends the streams, and nobody without a session gets one', async () => {
  const server = await openTestServer({ workers: 0 })
  assert.is((await fetch(`${server.url}/events`)).status, 401)
  const events = await listen(server)
  await events.until('retry:')
  await server.close()
  assert.is(await events.until('never comes'), undefined)
})

test('a status link shows the state without log-in until it is revoked or ends', async () => {
  const clock = createTestClock(Date.now())
  const server = await openTestServer({ workers: 0, clock })
  try {
    const call = await logIn(server)
    const made = await call('POST', '/api/status-links', { label: 'Igor', days: 1 })
    assert.is(made.status, 201)
    const { items } = (await call('GET', '/api/status-links')).body
    assert.equal(
      items.map(({ label }: { label: string }) => label),
      ['Igor'],
    )
    assert.not.match(JSON.stringify(items), made.body.url.split('/').at(-1))
    const page = await fetch(made.body.url)
    assert.is(page.status, 200)
    assert.match(await page.text(), 'Nobody works on photos')
    assert.is((await call('DELETE', `/api/status-links/${made.body.id}`)).status, 204)
    assert.is((await fetch(made.body.url)).status, 404)
    const second = await call('POST', '/api/status-links', { label: 'Igor', days: 1 })
    clock.advance(86_400_000)
    assert.is((await fetch(second.body.url)).status, 404)
  } finally {
    await server.close()
  }
})

test('the overview shows figures, pictures and first steps; without the right there is a welcome', async () => {
  const server = await openTestServer({ workers: 0 })
  try {
    const visit = await visitAs(server)
    assert.match((await visit('/')).html, '/ingest/slot-001')
    const id = await addPicture(server.app, { fields: { name: 'BOOTH-7' } })
    await server.app.sightings.note({ queued: [], ended: [id] })
    const { html, status } = await visit('/')
    assert.is(status, 200)
    assert.match(html, 'BOOTH-7')
    assert.match(html, `/public/results/${id}/thumbnail`)
    assert.not.match(html, 'first-steps')
    assert.match((await (await visitAs(server, ['slots:read']))('/')).html, 'Welcome')
  } finally {
    await server.close()
  }
})

test.run()
