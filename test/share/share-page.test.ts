import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { leaseOf } from '../../src/jobs/job.ts'
import { newId } from '../../src/lib/id.ts'
import { addPicture, finishJob, startJob } from '../support/finished.ts'
import { portrait } from '../support/photos.ts'
import { withClockedServer } from '../support/server.ts'

const test = suite('share/share-page')

interface Page {
  status: number
  state: string | undefined
  html: string
  headers: Headers
}

async function openPage(address: string, headers: Record<string, string> = {}): Promise<Page> {
  const response = await fetch(address, { headers: { 'accept-language': 'en', ...headers } })
  const html = await response.text()
  return {
    status: response.status,
    state: /data-state="(\w+)"/.exec(html)?.[1],
    html,
    headers: response.headers,
  }
}

const stateOf = async (url: string, id: string) =>
  ((await (await fetch(`${url}/r/${id}/state`)).json()) as { state: string }).state

const deleteAddressOf = (html: string) => /action="([^"]+\/delete\?k=[^"]+)"/.exec(html)?.[1]

test('while the job runs the page waits; the same address then shows the picture', () =>
  withClockedServer(async ({ app, url }) => {
    const job = await startJob(app)
    const before = await openPage(`${url}/r/${job.id}`)
    assert.equal([before.status, before.state], [200, 'waiting'])
    assert.match(before.html, /data-left-ms="\d{4,5}"/)
    assert.is(await stateOf(url, job.id), 'waiting')
    assert.is((await fetch(`${url}/r/${job.id}/picture`)).status, 404)

    await finishJob(app, job)
    assert.is(await stateOf(url, job.id), 'ready')
    const after = await openPage(`${url}/r/${job.id}`)
    assert.equal([after.status, after.state], [200, 'ready'])
    const picture = await fetch(`${url}/r/${job.id}/picture`)
    assert.is(picture.headers.get('content-type'), 'image/jpeg')
    assert.equal(Buffer.from(await picture.arrayBuffer()), await readFile(portrait))
    const thumbnail = await fetch(`${url}/r/${job.id}/thumbnail`)
    assert.is(thumbnail.headers.get('content-type'), 'image/webp')
    await thumbnail.arrayBuffer()
  }))

test('a job that has failed, an unknown one and an expired picture are told in words, with the right status', () =>
  withClockedServer(async ({ app, url, clock }) => {
    const failing = await startJob(app)
    await app.finalizer.fail(leaseOf(failing), {
      reason: 'provider_error',
      code: 'content_blocked',
      message: 'A secret reason.',
    })
    const failed = await openPage(`${url}/r/${failing.id}`)
    assert.equal([failed.status, failed.state], [404, 'failed'])
    assert.not.match(failed.html, /secret reason|content_blocked/)

    const unknown = await openPage(`${url}/r/${newId()}`)
    assert.equal([unknown.status, unknown.state], [404, 'unknown'])

    const id = await addPicture(app)
    clock.advance(72 * 3_600_000)
    const expired = await openPage(`${url}/r/${id}`)
    assert.equal([expired.status, expired.state], [410, 'expired'])
    assert.is((await fetch(`${url}/r/${id}/picture`)).status, 410)
  }))

test('an address that is no id comes back harmless', () =>
  withClockedServer(async ({ url }) => {
    const page = await openPage(`${url}/r/${encodeURIComponent('"><script>alert(1)</script>')}`)
    assert.is(page.state, 'unknown')
    assert.not.match(page.html, /<script>alert/)
  }))

test('only the link with the right token can delete, after words that say what it does', () =>
  withClockedServer(async ({ app, url }) => {
    const id = await addPicture(app)
    assert.is(deleteAddressOf((await openPage(app.links.share(id))).html), undefined)
    assert.is(deleteAddressOf((await openPage(`${app.links.share(id)}?k=forged`)).html), undefined)
    const other = await addPicture(app)
    const foreign = new URL(app.links.ownShare(other)).search
    assert.is(deleteAddressOf((await openPage(`${app.links.share(id)}${foreign}`)).html), undefined)
    const refused = await fetch(`${url}/r/${id}/delete${foreign}`, { method: 'POST' })
    assert.is(refused.status, 403)
    assert.is(await stateOf(url, id), 'ready')

    const page = await openPage(app.links.ownShare(id))
    assert.match(page.html, /deleted from this server at once and for good/)
    const deleted = await fetch(`${url}${deleteAddressOf(page.html)}`, { method: 'POST', redirect: 'manual' })
    assert.equal([deleted.status, deleted.headers.get('location')], [303, `/r/${id}`])
    const after = await openPage(app.links.ownShare(id))
    assert.equal([after.status, after.state], [410, 'erased'])
    assert.is((await fetch(`${url}/r/${id}/picture`)).status, 410)
    assert.is((await fetch(`${url}/r/${id}/thumbnail`)).status, 410)
    const [entry] = await app.audit.list({ action: 'results.erased' }, 1)
    assert.equal([entry?.actor, entry?.target], ['guest', id])
    assert.is(await stateOf(url, other), 'ready')
  }))

test('a browser that has shown the token once keeps the right, for that picture alone', () =>
  withClockedServer(async ({ app, url }) => {
    const id = await addPicture(app)
    const [cookie = ''] = (await fetch(app.links.ownShare(id))).headers.getSetCookie()
    assert.match(cookie, new RegExp(`path=/r/${id};.*samesite=lax; httponly`, 'i'))
    const page = await openPage(`${url}/r/${id}`, { cookie: cookie.split(';')[0] ?? '' })
    assert.ok(deleteAddressOf(page.html))
  }))

test('the link that is passed on carries no right, and says to no search engine or other site where it was', () =>
  withClockedServer(async ({ app }) => {
    const id = await addPicture(app)
    const { html, headers } = await openPage(app.links.ownShare(id))
    assert.match(html, new RegExp(`data-share="${app.links.share(id)}"`))
    assert.match(html, new RegExp(`rel="canonical" href="${app.links.share(id)}"`))
    assert.match(html, new RegExp(`property="og:image" content="${app.links.share(id)}/thumbnail"`))
    assert.is(headers.get('referrer-policy'), 'no-referrer')
    assert.is(headers.get('x-robots-tag'), 'noindex, nofollow')
    assert.is(headers.get('cache-control'), 'no-store')
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'self'.*frame-ancestors 'none'/)
  }))

test('the page speaks the guest’s language, or the one that was chosen', () =>
  withClockedServer(async ({ app }) => {
    const address = app.links.share(await addPicture(app))
    assert.match(
      (await openPage(address, { 'accept-language': 'ru' })).html,
      /<html lang="ru">[\s\S]*Скачать/,
    )
    assert.match((await openPage(`${address}?lang=en`, { 'accept-language': 'ru' })).html, /<html lang="en">/)
    assert.match((await openPage(address, { 'accept-language': 'fr' })).html, /<html lang="en">/)
  }))

test('the event heads the page, in its colour', () =>
  withClockedServer(async ({ app, url }) => {
    const plain = await openPage(app.links.share(await addPicture(app)))
    assert.not.match(plain.html, /event\.css|class="event"/)
    await app.settings.change(
      {
        values: {
          event_title: 'Anna & Ben',
          event_message: 'Thanks <3',
          event_link: 'https://example.com/party',
          event_color: '#FFEE00',
        },
      },
      'serg',
    )
    const { html } = await openPage(app.links.share(await addPicture(app)))
    assert.match(html, /Anna &amp; Ben/)
    assert.match(html, /Thanks &lt;3/)
    assert.match(html, /href="https:\/\/example.com\/party"/)
    assert.match(html, /href="\/r\/event\.css"/)
    const style = await (await fetch(`${url}/r/event.css`)).text()
    assert.is(style, ':root { --event: #FFEE00; --event-ink: #000; }\n')
  }))

test('nothing of slot, booth or file gets out', () =>
  withClockedServer(async ({ app, url }) => {
    const fields = { name: 'BOOTH-7', profile: 'C:/Users/ann/x.xml' }
    const id = await addPicture(app, { fields, degradedReason: 'budget_exhausted' })
    const { html } = await openPage(app.links.ownShare(id))
    const state = await (await fetch(`${url}/r/${id}/state`)).text()
    assert.not.match(html + state, /BOOTH|ann|slot-0|Film noir|echo|budget|results\//i)
    const picture = await fetch(`${url}/r/${id}/picture?download`)
    assert.match(
      picture.headers.get('content-disposition') ?? '',
      /^attachment; filename="photo-\w{8}\.jpg"$/,
    )
    await picture.arrayBuffer()
  }))

test('what the page loads is all below /r/', () =>
  withClockedServer(async ({ app, url }) => {
    const { html } = await openPage(app.links.ownShare(await addPicture(app)))
    const loaded = [...html.matchAll(/<(?:script|link|img|a|form)[^>]+(?:src|href|action)="([^"]+)"/g)].map(
      ([, address]) => address ?? '',
    )
    assert.ok(loaded.length > 6)
    for (const address of loaded) assert.match(address.replace(url, ''), /^(\/r\/|\?lang=)/, address)
    for (const address of loaded.filter((each) => each.startsWith('/r/assets/'))) {
      const { status } = await fetch(`${url}${address}`)
      assert.is(status, 200, address)
    }
    assert.is((await fetch(`${url}/r/assets/console.js`)).status, 404)
  }))

test.run()
