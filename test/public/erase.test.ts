import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { newId } from '../../src/lib/id.ts'
import { sendPhoto } from '../support/booth.ts'
import { createTestClock } from '../support/clock.ts'
import { listMedia } from '../support/files.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('public/erase')

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

async function withServer(
  work: (server: TestServer, clock: ReturnType<typeof createTestClock>) => Promise<void>,
) {
  const clock = createTestClock(Date.now())
  const server = await openTestServer({ workers: 1, clock })
  try {
    await useEcho(server, 'slot-001')
    await work(server, clock)
  } finally {
    await server.close()
  }
}

/** The id of a job whose picture and preview are there. */
async function makePicture({ url, password, dataDir }: TestServer): Promise<string> {
  const response = await sendPhoto(url, 'slot-001', { password, fields: { name: 'Ann' } })
  await response.arrayBuffer()
  const id = response.headers.get('x-job-id') ?? ''
  await until(
    async () => (await listMedia(dataDir)).includes(`thumbnails/${id}.webp`),
    'the preview is there',
  )
  return id
}

test('a guest is asked, erases the picture with one button, and nothing of it is left', () =>
  withServer(async (server) => {
    const { app, url, dataDir } = server
    const id = await makePicture(server)
    const link = app.links.deletion(id)
    const question = await fetch(link, { headers: browser })
    assert.is(question.status, 200)
    assert.match(question.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    assert.is(question.headers.get('referrer-policy'), 'no-referrer')
    const page = await question.text()
    const action = /<form method="post" action="([^"]+)"/.exec(page)?.[1] ?? ''
    assert.is(`${url}${action}`, link)
    assert.not.match(page, /<script|style=/)
    const style = /href="([^"]+)"/.exec(page)?.[1]
    assert.match((await fetch(`${url}${style}`)).headers.get('content-type') ?? '', /text\/css/)
    assert.is((await fetch(`${url}/public/results/${id}`)).status, 200, 'a question alone erases nothing')

    const erased = await fetch(`${url}${action}`, { method: 'POST', headers: browser })
    assert.is(erased.status, 200)
    assert.match(await erased.text(), /is erased/)
    assert.equal(await listMedia(dataDir), [])
    assert.is((await fetch(`${url}/public/results/${id}`)).status, 410)
    assert.is((await fetch(`${url}/public/results/${id}/thumbnail`)).status, 410)
    const job = await app.reader.get(id)
    assert.is(job.status, 'succeeded')
    assert.equal(job.fields, {})
    const [entry] = await app.audit.list({ target: id }, 1)
    assert.equal([entry?.actor, entry?.action], ['guest', 'results.erased'])
  }))

test('a program erases with DELETE, and a second time there is nothing', () =>
  withServer(async (server) => {
    const id = await makePicture(server)
    const token = new URL(server.app.links.deletion(id)).searchParams.get('token')
    const erase = () => fetch(`${server.url}/public/results/${id}?token=${token}`, { method: 'DELETE' })
    assert.is((await erase()).status, 204)
    const again = await erase()
    assert.is(again.status, 410)
    assert.is(((await again.json()) as { error: { code: string } }).error.code, 'result_expired')
  }))

test('only the right link erases, and only what is still kept; a browser is told so on a page', () =>
  withServer(async (server, clock) => {
    const { app, url } = server
    const id = await makePicture(server)
    const other = new URL(app.links.deletion(newId())).searchParams.get('token')
    for (const method of ['GET', 'POST']) {
      for (const query of ['', '?token=', `?token=${other}`, `?token=${other}&token=${other}`]) {
        const answer = await fetch(`${url}/public/results/${id}/delete${query}`, { method })
        assert.is(answer.status, 403, `${method} ${query}`)
      }
    }
    const page = await fetch(`${url}/public/results/${id}/delete?token=${other}`, { headers: browser })
    assert.is(page.status, 403)
    assert.match(await page.text(), /This link does not erase this picture/)
    assert.is((await fetch(`${url}/public/results/${id}?token=${other}`, { method: 'DELETE' })).status, 403)
    assert.is((await fetch(`${url}/public/results/${id}`)).status, 200)
    assert.is((await fetch(app.links.deletion(newId()))).status, 404)
    clock.advance(73 * 3_600_000)
    assert.is((await fetch(app.links.deletion(id))).status, 410)
  }))

test('erasing a job that still runs cancels it', () =>
  withServer(async (server) => {
    const { app, url, password } = server
    await useEcho(server, 'slot-001', { delay_ms: 60_000 })
    const held = sendPhoto(url, 'slot-001', { password, fields: { name: 'Ann' } })
    const { id } = await until(
      async () => (await app.reader.list({ status: 'processing' }, 1))[0],
      'the job runs',
    )
    assert.is((await fetch(app.links.deletion(id), { method: 'POST' })).status, 200)
    assert.is((await held).status, 503)
    const job = await app.reader.get(id)
    assert.equal([job.failureReason, job.fields, job.errorDetail], ['cancelled', {}, undefined])
    assert.ok(job.erasedAt)
  }))

test.run()
