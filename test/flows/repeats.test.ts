// The same photo again: a booth that sends twice is answered twice and pays once.
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sendPhoto } from '../support/booth.ts'
import { createTestClock } from '../support/clock.ts'
import { listMedia } from '../support/files.ts'
import { createGate } from '../support/gate.ts'
import { landscape, portrait } from '../support/photos.ts'
import { until } from '../support/until.ts'
import { answers, fails } from '../support/vendor.ts'
import { jobIdOf, type VendorSite, withVendors } from '../support/vendors.ts'

const test = suite('flows/repeats')

const booth = { name: 'BOOTH-1', id: '42' }

/** Sends twice, one after the other; how often the vendor was called, and whether both were one job. */
async function sendTwice(site: VendorSite, first: () => Promise<Response>, again = first) {
  const responses = [await first(), await again()]
  for (const response of responses) {
    assert.is(response.status, 200)
    await response.arrayBuffer()
  }
  const [one, other] = responses.map(jobIdOf)
  return { calls: site.vendor.calls.length, isSameJob: one === other }
}

const isRepeat = { calls: 1, isSameJob: true }
const isNew = { calls: 2, isSameJob: false }

async function sendWithKey({ url, password }: VendorSite, key: string, photo = portrait): Promise<Response> {
  const form = new FormData()
  form.append('password', password)
  form.append('fileToUpload', new Blob([await readFile(photo)], { type: 'image/jpeg' }), 'IMG_0001.JPG')
  return fetch(`${url}/ingest/slot-001`, { method: 'POST', body: form, headers: { 'idempotency-key': key } })
}

test('while the first is being worked on the second joins it: one call, one price, the same picture twice', () =>
  withVendors(async (site) => {
    const { app, vendor, send } = site
    const gate = createGate()
    vendor.behave(answers(gate.promise))
    const first = send(booth)
    await until(() => vendor.calls.length === 1, 'the vendor works')
    const second = send({ ...booth, time: 'later' })
    await until(async () => {
      const [job] = await app.reader.list({}, 1)
      return job && (await app.reader.log(job.id)).some(({ event }) => event === 'repeated')
    }, 'the second has joined')
    gate.open()
    const responses = [await first, await second]
    assert.equal(
      responses.map(({ status }) => status),
      [200, 200],
    )
    assert.is(jobIdOf(responses[0] as Response), jobIdOf(responses[1] as Response))
    const [one, other] = await Promise.all(responses.map((response) => response.arrayBuffer()))
    assert.equal(Buffer.from(one as ArrayBuffer), Buffer.from(other as ArrayBuffer))
    const jobs = await app.reader.list({}, 10)
    assert.equal([vendor.calls.length, jobs.length, jobs[0]?.costMicroUsd], [1, 1, 40_000])
  }))

test('afterwards the stored picture is the answer, with the same headers, at no cost', () =>
  withVendors(async (site) => {
    const { app, vendor, dataDir, send } = site
    const first = await send(booth)
    const picture = Buffer.from(await first.arrayBuffer())
    const second = await send(booth)
    assert.equal(Buffer.from(await second.arrayBuffer()), picture)
    for (const header of ['x-job-id', 'x-photochanger-provider', 'content-type', 'content-length'])
      assert.is(second.headers.get(header), first.headers.get(header), header)
    assert.is(vendor.calls.length, 1)
    assert.is(await app.ledger.spentMicroUsd(undefined, app.clock.now()), 40_000)
    const id = jobIdOf(first)
    const thumbnail = `thumbnails/${id}.webp`
    await until(async () => (await listMedia(dataDir)).includes(thumbnail), 'the thumbnail is there')
    assert.equal(await listMedia(dataDir), [`results/${id}.jpg`, thumbnail])
    const now = app.clock.now()
    const { summary } = await app.stats.read({ from: now - 1, to: now + 1, grouping: 'hour' })
    assert.is(summary.success, 1, 'a photo counts once')
  }))

test('a repeat of a degraded picture says so too', () =>
  withVendors(async (site) => {
    await site.setSlot({ on_failure: 'local' })
    site.vendor.behave(fails('content_blocked'))
    for (let sent = 0; sent < 2; sent += 1) {
      const response = await site.send(booth)
      assert.is(response.headers.get('x-photochanger-degraded'), 'content_blocked')
      await response.arrayBuffer()
    }
    assert.is(site.vendor.calls.length, 1)
  }))

test('a photo without a word about its booth is always a new one', () =>
  withVendors(async (site) => {
    assert.equal(await sendTwice(site, () => site.send({ time: '18:31' })), isNew)
  }))

test('the same photo of another booth is a new one', () =>
  withVendors(async (site) => {
    const other = () => site.send({ ...booth, name: 'BOOTH-2' })
    assert.equal(await sendTwice(site, () => site.send(booth), other), isNew)
  }))

test('another photo of the same booth is a new one', () =>
  withVendors(async (site) => {
    const { url, password } = site
    const other = () => sendPhoto(url, 'slot-001', { password, photo: landscape, fields: booth })
    assert.equal(await sendTwice(site, () => site.send(booth), other), isNew)
  }))

test('the same photo for another slot is a new one', () =>
  withVendors(async (site) => {
    const { app, url, password } = site
    await app.slots.update('slot-002', { providerId: 'vendor', operationId: 'edit', settings: {} })
    const other = () => sendPhoto(url, 'slot-002', { password, fields: booth })
    assert.equal(await sendTwice(site, () => site.send(booth), other), isNew)
  }))

for (const [windowSec, settings] of [
  [600, {}],
  [30, { repeat_window_sec: 30 }],
] as const) {
  test(`a photo is a repeat for ${windowSec} s and no longer`, () => {
    const clock = createTestClock(Date.now())
    return withVendors(
      async (site) => {
        await site.setSlot(settings)
        const send = () => site.send(booth)
        const later = () => {
          clock.advance(windowSec * 1000 - 1)
          return send()
        }
        assert.equal(await sendTwice(site, send, later), isRepeat)
        clock.advance(1)
        await (await send()).arrayBuffer()
        assert.is(site.vendor.calls.length, 2)
      },
      { clock },
    )
  })
}

test('with a window of 0 every photo is a new one', () =>
  withVendors(async (site) => {
    await site.setSlot({ repeat_window_sec: 0 })
    assert.equal(await sendTwice(site, () => site.send(booth)), isNew)
    assert.equal((await sendTwice(site, () => sendWithKey(site, 'k1'))).isSameJob, false)
  }))

test('a photo that has failed is tried again', () =>
  withVendors(async (site) => {
    site.vendor.behave(fails('content_blocked'), answers())
    assert.is((await site.send(booth)).status, 502)
    assert.is((await site.send(booth)).status, 200)
    assert.is(site.vendor.calls.length, 2)
  }))

test('a photo whose picture is no longer kept is worked on again', () => {
  const clock = createTestClock(Date.now())
  return withVendors(
    async (site) => {
      await site.setSlot({ repeat_window_sec: 86_400 })
      await site.app.settings.set('result_retention_hours', 1, 'test')
      const later = () => {
        clock.advance(3_600_000)
        return site.send(booth)
      }
      assert.equal(await sendTwice(site, () => site.send(booth), later), isNew)
    },
    { clock },
  )
})

test('an Idempotency-Key makes a repeat of a photo that says nothing else', () =>
  withVendors(async (site) => {
    assert.equal(await sendTwice(site, () => sendWithKey(site, 'k1')), isRepeat)
  }))

test('another Idempotency-Key makes a new one', () =>
  withVendors(async (site) => {
    const other = () => sendWithKey(site, 'k2')
    assert.equal(await sendTwice(site, () => sendWithKey(site, 'k1'), other), isNew)
  }))

test("an Idempotency-Key used again with another guest's photo gives that guest his own picture", () =>
  withVendors(async (site) => {
    const [first, other] = [await sendWithKey(site, 'k1'), await sendWithKey(site, 'k1', landscape)]
    assert.is.not(jobIdOf(first), jobIdOf(other))
    assert.equal(Buffer.from(await other.arrayBuffer()), await readFile(landscape))
  }))

test.run()
