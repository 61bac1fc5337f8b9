// A photo on its whole way: booth, queue, worker, result, link, end of its time.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { get } from 'node:http'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readError, sendPhoto } from '../support/booth.ts'
import { createTestClock } from '../support/clock.ts'
import { listMedia } from '../support/files.ts'
import { heicPortrait, landscape, portrait } from '../support/photos.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('flows/photo-path')

async function withServer(work: (server: TestServer) => Promise<void>, options = {}) {
  const server = await openTestServer(options)
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

const jobIdOf = (response: Response) => response.headers.get('x-job-id') ?? ''
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer())
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

test('the first photo on a fresh installation comes back in black and white', () =>
  withServer(async ({ url, password }) => {
    const response = await sendPhoto(url, 'slot-001', { password })
    assert.is(response.status, 200)
    assert.is(response.headers.get('content-type'), 'image/jpeg')
    assert.is(response.headers.get('cache-control'), 'no-store')
    assert.is(response.headers.get('x-photochanger-provider'), 'local')
    assert.match(jobIdOf(response), /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    const picture = await bytesOf(response)
    assert.is(Number(response.headers.get('content-length')), picture.length)
    const { data, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true })
    assert.is(info.width, 512)
    assert.is(info.height, 512)
    const colourful = data.some(
      (value, at) => at % info.channels > 0 && Math.abs(value - (data[at - 1] ?? 0)) > 8,
    )
    assert.not(colourful)
  }))

test('the three preset slots give three different pictures of the same photo', () =>
  withServer(async ({ url, password }) => {
    const pictures = await Promise.all(
      ['slot-001', 'slot-002', 'slot-003'].map(async (slotId) => {
        const response = await sendPhoto(url, slotId, { password, photo: landscape })
        assert.is(response.status, 200)
        return sha256(await bytesOf(response))
      }),
    )
    assert.is(new Set([...pictures, sha256(await readFile(landscape))]).size, 4)
  }))

test('fields may come after the photo, and unknown ones are kept with the job but the password is not', () =>
  withServer(async (server) => {
    await useEcho(server, 'slot-001')
    const response = await sendPhoto(server.url, 'slot-001', {
      password: server.password,
      fileFirst: true,
      fields: { name: 'BOOTH-PC', profile: 'C:\\Users\\x\\booth.xml', survey1_type_id: 'yes' },
      query: '?style=comic',
    })
    assert.is(response.status, 200)
    const job = await server.app.reader.get(jobIdOf(response))
    assert.equal(job.fields, {
      style: 'comic',
      name: 'BOOTH-PC',
      profile: 'C:\\Users\\x\\booth.xml',
      survey1_type_id: 'yes',
    })
    assert.not(JSON.stringify(job).includes(server.password))
  }))

test('only result and thumbnail are left on the disk, and the row says what they are', () =>
  withServer(async (server) => {
    await useEcho(server, 'slot-001')
    const response = await sendPhoto(server.url, 'slot-001', { password: server.password })
    const picture = await bytesOf(response)
    const id = jobIdOf(response)
    const thumbnail = `thumbnails/${id}.webp`
    await until(async () => (await listMedia(server.dataDir)).includes(thumbnail), 'the thumbnail is there')
    assert.equal(await listMedia(server.dataDir), [`results/${id}.jpg`, thumbnail])
    const { result } = await server.app.reader.get(id)
    assert.equal(result, {
      path: `results/${id}.jpg`,
      mime: 'image/jpeg',
      sizeBytes: picture.length,
      checksum: sha256(picture),
    })
  }))

test('a HEIC photo is decoded for a provider that cannot', () =>
  withServer(async ({ url, password }) => {
    const photo = heicPortrait
    const response = await sendPhoto(url, 'slot-001', {
      password,
      photo,
      type: 'image/heic',
      fileName: 'IMG.HEIC',
    })
    assert.is(response.status, 200)
    const { format, width, height } = await sharp(await bytesOf(response)).metadata()
    assert.is(format, 'jpeg')
    assert.is(width, height)
  }))

test('a wrong hash is noted with the job and does not reject the photo; a right one is not noted', () =>
  withServer(async (server) => {
    await useEcho(server, 'slot-001')
    const send = (hash: string) =>
      sendPhoto(server.url, 'slot-001', { password: server.password, fields: { hash } })
    const right = await send(
      createHash('sha1')
        .update(await readFile(portrait))
        .digest('hex'),
    )
    const wrong = await send('0'.repeat(40))
    assert.is(right.status, 200)
    assert.is(wrong.status, 200)
    const events = async (response: Response) =>
      (await server.app.reader.log(jobIdOf(response))).map(({ event }) => event)
    await until(async () => (await events(wrong)).includes('hash_mismatch'), 'the wrong hash is noted')
    assert.not((await events(right)).includes('hash_mismatch'))
  }))

test('the link leads through a signed address to the picture, with ranges and a file name', () =>
  withServer(async (server) => {
    await useEcho(server, 'slot-001')
    const sent = await sendPhoto(server.url, 'slot-001', { password: server.password })
    const picture = await bytesOf(sent)
    const link = `${server.url}/public/results/${jobIdOf(sent)}`

    const redirect = await fetch(link, { redirect: 'manual' })
    assert.is(redirect.status, 307)
    assert.match(redirect.headers.get('cache-control') ?? '', /^private, max-age=\d+$/)
    assert.ok(Date.parse(redirect.headers.get('photochanger-result-expires-at') ?? '') > Date.now())

    const whole = await fetch(link)
    assert.is(whole.status, 200)
    assert.is(whole.headers.get('content-type'), 'image/jpeg')
    assert.match(
      whole.headers.get('content-disposition') ?? '',
      /^inline; filename="photo-slot-001-.*\.jpg"$/,
    )
    assert.equal(await bytesOf(whole), picture)

    const part = await fetch(link, { headers: { range: 'bytes=10-19' } })
    assert.is(part.status, 206)
    assert.is(part.headers.get('content-range'), `bytes 10-19/${picture.length}`)
    assert.equal(await bytesOf(part), picture.subarray(10, 20))

    const beyond = await fetch(link, { headers: { range: `bytes=${picture.length}-` } })
    assert.is(beyond.status, 416)
    assert.is(beyond.headers.get('content-range'), `bytes */${picture.length}`)

    // fetch adds `cache-control: no-cache` to a conditional request, which asks for the whole picture again.
    const etag = whole.headers.get('etag') ?? ''
    const [known] = await once(get(whole.url, { headers: { 'if-none-match': etag } }), 'response')
    assert.is(known.statusCode, 304)
    known.resume()

    const head = await fetch(link, { method: 'HEAD' })
    assert.is(head.status, 200)
    assert.is(Number(head.headers.get('content-length')), picture.length)

    const saved = await fetch(`${(await fetch(link)).url}&download`)
    assert.match(saved.headers.get('content-disposition') ?? '', /^attachment;/)

    const thumbnail = await fetch(`${link}/thumbnail`)
    assert.is(thumbnail.status, 200)
    const { format, width } = await sharp(await bytesOf(thumbnail)).metadata()
    assert.is(format, 'webp')
    assert.is(width, 480)
  }))

test('a signed address works for nothing else and not when it is changed', () =>
  withServer(async (server) => {
    await useEcho(server, 'slot-001')
    const first = await sendPhoto(server.url, 'slot-001', { password: server.password })
    const second = await sendPhoto(server.url, 'slot-001', { password: server.password })
    await Promise.all([first.arrayBuffer(), second.arrayBuffer()])
    const { url } = await fetch(`${server.url}/public/results/${jobIdOf(first)}`)
    const forged = [
      url.replace(jobIdOf(first), jobIdOf(second)),
      url.replace(/expires=\d+/, 'expires=99999999999999'),
      url.replace(/signature=./, 'signature=_'),
      url.replace(/\?.*/, ''),
      url.replace('/public/files/results/', '/public/files/payloads/'),
      url.replace('/public/files/results/', '/public/files/results/..%2F..%2F'),
    ]
    for (const address of forged) {
      const response = await fetch(address)
      assert.ok([404, 410].includes(response.status), `${response.status} ${address}`)
    }
  }))

test('unknown results are 404 and expired ones 410, before and after the sweep', async () => {
  const clock = createTestClock(Date.now())
  await withServer(
    async (server) => {
      await useEcho(server, 'slot-001')
      const sent = await sendPhoto(server.url, 'slot-001', { password: server.password })
      await sent.arrayBuffer()
      const id = jobIdOf(sent)
      const link = `${server.url}/public/results/${id}`
      const unknown = await fetch(`${server.url}/public/results/0199d2f4-6c1e-7b7a-9d55-3f1f0c7d2a10`)
      assert.is(unknown.status, 404)
      assert.is((await readError(unknown)).code, 'result_not_found')
      const signed = (await fetch(link)).url
      await until(
        async () => (await listMedia(server.dataDir)).includes(`thumbnails/${id}.webp`),
        'the thumbnail is there',
      )

      clock.advance(72 * 3_600_000)
      for (const address of [link, `${link}/thumbnail`, signed]) assert.is((await fetch(address)).status, 410)
      const report = await server.app.sweeper.sweep({ scope: 'full' })
      assert.is(report.expiredResults, 1)
      assert.equal(await listMedia(server.dataDir), [])
      const gone = await fetch(link)
      assert.is(gone.status, 410)
      assert.is((await readError(gone)).code, 'result_expired')
    },
    { clock },
  )
})

test('each request and each finished job is one line in the log, without the password', () =>
  withServer(async (server) => {
    await useEcho(server, 'slot-001')
    const response = await sendPhoto(server.url, 'slot-001', { password: server.password })
    await response.arrayBuffer()
    const line = await until(
      () => server.logged.find(({ event }) => event === 'request.done'),
      'the request is logged',
    )
    assert.is(line.job, jobIdOf(response))
    assert.is(line.status, 200)
    assert.is(server.logged.filter(({ event }) => event === 'job.finalized').length, 1)
    assert.not(JSON.stringify(server.logged).includes(server.password))
  }))

test.run()
