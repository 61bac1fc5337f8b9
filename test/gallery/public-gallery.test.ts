import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { logIn } from '../support/api.ts'
import { addPicture } from '../support/finished.ts'
import { withClockedServer } from '../support/server.ts'

const test = suite('gallery/public-gallery')

async function openGallery(url: string, query = '') {
  const response = await fetch(`${url}/gallery${query}`, { headers: { 'accept-language': 'en' } })
  const html = await response.text()
  return {
    status: response.status,
    html,
    headers: response.headers,
    ids: [...html.matchAll(/<a href="\/r\/([^"]+)"/g)].map(([, id]) => id ?? ''),
    next: /\/gallery(\?before=[^"]+)"/.exec(html)?.[1],
  }
}

test('it is off until somebody opens it, and closes by itself', () =>
  withClockedServer(async (server) => {
    const { app, url, clock } = server
    const call = await logIn(server)
    const id = await addPicture(app)
    const off = await openGallery(url)
    assert.is(off.status, 404)
    assert.match(off.html, /The gallery is closed/)
    assert.equal((await call('GET', '/api/gallery')).body, {
      is_open: false,
      open_until: null,
      slot_id: null,
      url: `${url}/gallery`,
    })
    const opened = await call('PUT', '/api/gallery', { minutes: 30 })
    assert.equal(
      [opened.status, opened.body.is_open, opened.body.open_until],
      [200, true, new Date(clock.now() + 1_800_000).toISOString()],
    )
    const on = await openGallery(url)
    assert.equal([on.status, on.ids], [200, [id]])
    clock.advance(1_800_000)
    assert.is((await openGallery(url)).status, 404)
    assert.is((await call('GET', '/api/gallery')).body.is_open, false)
  }))

test('zero minutes close it at once, and every switch is in the audit log', () =>
  withClockedServer(async (server) => {
    const call = await logIn(server)
    await call('PUT', '/api/gallery', { minutes: 1440, slot_id: 'slot-002' })
    await call('PUT', '/api/gallery', { minutes: 0 })
    await call('PUT', '/api/gallery', { minutes: 0 })
    assert.is((await openGallery(server.url)).status, 404)
    const { items } = (await call('GET', '/api/audit')).body
    const entries = items.filter(({ action }: { action: string }) => action.startsWith('gallery.'))
    assert.equal(
      entries.map(({ actor, action }: Record<string, string>) => [actor, action]),
      [
        ['serg', 'gallery.closed'],
        ['serg', 'gallery.opened'],
      ],
    )
    assert.is(entries[1].after.slot_id, 'slot-002')
  }))

test('a wrong time or slot is refused, and named', () =>
  withClockedServer(async (server) => {
    const call = await logIn(server)
    for (const [body, field] of [
      [{ minutes: 1441 }, 'minutes'],
      [{ minutes: 1.5 }, 'minutes'],
      [{ minutes: 5, slot_id: 'slot-099' }, 'slot_id'],
    ] as const) {
      const answer = await call('PUT', '/api/gallery', body)
      assert.equal([answer.status, answer.body.error.details.fields[0].field], [400, field])
    }
  }))

test('it shows its slot only, without tests and deleted pictures, and nothing beyond pictures', () =>
  withClockedServer(async ({ app, url }) => {
    const fields = { name: 'BOOTH-7' }
    const shown = await addPicture(app, { slotId: 'slot-002', fields })
    const deleted = await addPicture(app, { slotId: 'slot-002' })
    await addPicture(app, { slotId: 'slot-002', isTest: true })
    await addPicture(app, { slotId: 'slot-001' })
    await app.eraser.eraseJob(deleted, 'guest')
    await app.gallery.open({ minutes: 5, slotId: 'slot-002' }, 'serg')
    const { ids, html, headers } = await openGallery(url)
    assert.equal(ids, [shown])
    assert.not.match(html, /BOOTH|slot-0|echo|serg|\?k=/)
    assert.is(headers.get('x-robots-tag'), 'noindex, nofollow')
  }))

test('page after page leads through all pictures once, while new ones come', () =>
  withClockedServer(async ({ app, url }) => {
    const ids: string[] = []
    for (let at = 0; at < 50; at += 1) ids.unshift(await addPicture(app)) // All in one millisecond.
    await app.gallery.open({ minutes: 5, slotId: undefined }, 'serg')
    const first = await openGallery(url)
    assert.is(first.ids.length, 48)
    await addPicture(app)
    const second = await openGallery(url, first.next)
    assert.equal([...first.ids, ...second.ids], ids)
    assert.is(second.next, undefined)
    assert.is((await openGallery(url, '?before=nonsense')).status, 200)
  }))

test('an address that asks too often is told to wait, in words', () =>
  withClockedServer(async ({ app, url }) => {
    await app.gallery.open({ minutes: 5, slotId: undefined }, 'serg')
    const statuses: number[] = []
    for (let at = 0; at < 120; at += 1) statuses.push((await openGallery(url)).status)
    assert.ok(statuses.every((status) => status === 200))
    const limited = await openGallery(url)
    assert.is(limited.status, 429)
    assert.match(limited.html, /Wait a minute/)
    assert.ok(Number(limited.headers.get('retry-after')) > 0)
  }))

test.run()
