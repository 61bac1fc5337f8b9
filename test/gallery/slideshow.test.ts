import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { logIn } from '../support/api.ts'
import { addPicture } from '../support/finished.ts'
import { withClockedServer } from '../support/server.ts'

const test = suite('gallery/slideshow')

const openShow = async (address: string) => {
  const response = await fetch(address, { headers: { 'accept-language': 'en' } })
  return { status: response.status, html: await response.text() }
}

test('a link made by an administrator shows the newest pictures of its slot to anybody', () =>
  withClockedServer(async (server) => {
    const { app, url, clock } = server
    const call = await logIn(server)
    const made = await call('POST', '/api/slideshow-links', { slot_id: 'slot-002', hours: 2 })
    assert.is(made.status, 201)
    assert.is(made.body.expires_at, new Date(clock.now() + 7_200_000).toISOString())
    const page = await openShow(made.body.url)
    assert.is(page.status, 200)
    const [, listAddress] = /data-pictures="([^"]+)"/.exec(page.html) ?? []
    const list = async () => (await (await fetch(`${url}${listAddress}`)).json()) as Record<string, unknown>
    assert.equal(await list(), { pictures: [], expires_at: made.body.expires_at })
    const old = await addPicture(app, { slotId: 'slot-002', fields: { name: 'BOOTH-7' } })
    clock.advance(10)
    const fresh = await addPicture(app, { slotId: 'slot-002' })
    await addPicture(app, { slotId: 'slot-001' })
    await addPicture(app, { slotId: 'slot-002', isTest: true })
    assert.equal(await list(), { pictures: [fresh, old], expires_at: made.body.expires_at })
    await app.eraser.eraseJob(fresh, 'guest')
    assert.equal((await list()).pictures, [old])
    const [entry] = (await call('GET', '/api/audit?action=slideshow.linked')).body.items
    assert.equal([entry.actor, entry.target], ['serg', 'slot-002'])
  }))

test('after its time the link says so in words, and lists nothing', () =>
  withClockedServer(async ({ app, clock }) => {
    const address = app.slideshowLinks.toUrl({ slotId: undefined, expiresAt: clock.now() + 1000 })
    assert.is((await openShow(address)).status, 200)
    clock.advance(1000)
    const { status, html } = await openShow(address)
    assert.is(status, 410)
    assert.match(html, /The slideshow has ended/)
    assert.is((await fetch(`${address}/pictures`)).status, 410)
  }))

test('a token that was changed works neither longer nor for another slot', () =>
  withClockedServer(async ({ app, clock }) => {
    const expiresAt = clock.now() + 1000
    const address = app.slideshowLinks.toUrl({ slotId: 'slot-002', expiresAt })
    for (const forged of [
      address.replace(String(expiresAt), String(expiresAt + 1000)),
      address.replace('slot-002', 'all'),
      address.slice(0, -1),
      `${address}.x`,
      address.replace(/[^.]+$/, ''),
    ]) {
      const { status, html } = await openShow(forged)
      assert.is(status, 404, forged)
      assert.match(html, /This link does not work/)
      assert.is((await fetch(`${forged}/pictures`)).status, 404, forged)
    }
  }))

test('a time outside of 1 to 72 hours and an unknown slot are refused', () =>
  withClockedServer(async (server) => {
    const call = await logIn(server)
    for (const [body, field] of [
      [{ hours: 0 }, 'hours'],
      [{ hours: 73 }, 'hours'],
      [{ hours: 1, slot_id: 'nowhere' }, 'slot_id'],
    ] as const) {
      const answer = await call('POST', '/api/slideshow-links', body)
      assert.equal([answer.status, answer.body.error.details.fields[0].field], [400, field])
    }
  }))

test('the event’s name stands where no picture is yet', () =>
  withClockedServer(async ({ app, clock }) => {
    await app.settings.change({ values: { event_title: 'Anna & Ben' } }, 'serg')
    const { html } = await openShow(
      app.slideshowLinks.toUrl({ slotId: undefined, expiresAt: clock.now() + 1000 }),
    )
    assert.match(html, /data-empty>\s*<p class="big">Anna &amp; Ben/)
  }))

test.run()
