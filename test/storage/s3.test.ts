import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openS3Store } from '../../src/storage/s3.ts'
import type { MediaStore } from '../../src/storage/store.ts'
import { storeContract } from '../suites/store.suite.ts'
import { makeFolder } from '../support/folder.ts'
import { rejectionOf } from '../support/rejection.ts'
import { startS3 } from '../support/s3.ts'
import { until } from '../support/until.ts'

async function setup() {
  const [folder, s3] = await Promise.all([makeFolder(), startS3()])
  const scratchDir = join(folder.path, 'tmp')
  const store = await openS3Store({ ...s3, prefix: 'booth/', scratchDir })
  return {
    s3,
    store,
    scratchDir,
    async close() {
      await store.close()
      await s3.close()
      await folder.remove()
    },
  }
}

storeContract('storage/s3: contract', setup)

const test = suite<Awaited<ReturnType<typeof setup>>>('storage/s3')
test.before.each(async (context) => {
  Object.assign(context, await setup())
})
test.after.each(({ close }) => close())

type Site = Awaited<ReturnType<typeof setup>>

async function put({ store, scratchDir }: Site, key: string, bytes: Buffer | string) {
  const path = join(scratchDir, randomUUID())
  await writeFile(path, bytes)
  await store.adopt(key, path)
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  const error = await rejectionOf(work)
  assert.is(error.code, 'storage_unavailable')
  return error.message
}

test('two stores in one bucket do not see each other, nor what others have put there', async (site) => {
  const other = await openS3Store({ ...site.s3, prefix: 'booth2/', scratchDir: site.scratchDir })
  const whole = await openS3Store({ ...site.s3, prefix: '', scratchDir: site.scratchDir })
  await put(site, 'results/one.jpg', 'x')
  await put({ ...site, store: other }, 'results/two.jpg', 'xx')
  await fetch(`${site.s3.endpoint}/pictures/booth/Thumbs.DB`, { method: 'PUT', body: 'foreign' })
  const keysOf = async (store: MediaStore) => {
    const keys: string[] = []
    for await (const { key } of store.list('')) keys.push(key)
    return keys
  }
  assert.equal(await keysOf(site.store), ['results/one.jpg'])
  assert.equal(await keysOf(other), ['results/two.jpg'])
  assert.equal(await keysOf(whole), ['booth/results/one.jpg', 'booth2/results/two.jpg'])
  assert.is(await site.store.stat('results/two.jpg'), undefined)
})

test('a large file goes up in parts and comes back whole, also from its middle', async (site) => {
  const bytes = randomBytes(20 * 1024 * 1024)
  await put(site, 'results/large.jpg', bytes)
  assert.ok(site.s3.calls.filter((call) => call === 'PUT /pictures/booth/results/large.jpg').length === 3)
  const found = await site.store.read('results/large.jpg')
  assert.ok(found && (await buffer(found.stream)).equals(bytes))
  const part = await site.store.read('results/large.jpg', { start: 9_000_000, end: 9_999_999 })
  assert.ok(part && (await buffer(part.stream)).equals(bytes.subarray(9_000_000, 10_000_000)))
  assert.is(part?.sizeBytes, bytes.length)
})

test('a list has more files than one answer', async (site) => {
  const names = Array.from({ length: 1050 }, (_, at) => `results/${at}.jpg`)
  const upload = (name: string) => fetch(`${site.s3.endpoint}/pictures/booth/${name}`, { method: 'PUT' })
  for (let at = 0; at < names.length; at += 50) await Promise.all(names.slice(at, at + 50).map(upload))
  const seen = new Set<string>()
  for await (const { key } of site.store.list('results/')) seen.add(key)
  assert.is(seen.size, names.length)
})

test('a call in five may fail: everything arrives, and nothing is mixed up', async (site) => {
  const bytes = randomBytes(3_000_000)
  const large = randomBytes(18 * 1024 * 1024)
  site.s3.failSome(0.2, 7)
  await put(site, 'results/large.jpg', large)
  for (let round = 0; round < 10; round += 1) {
    const key = `results/${round}.jpg`
    await put(site, `staged/${round}`, bytes)
    await site.store.move(`staged/${round}`, key)
    const copy = await site.store.localCopy(key)
    assert.ok(copy && (await readFile(copy.path)).equals(bytes))
    await copy.release()
    assert.is(await site.store.remove(key), true)
    assert.is(await site.store.stat(key), undefined)
  }
  const found = await site.store.read('results/large.jpg')
  assert.ok(found && (await buffer(found.stream)).equals(large))
  assert.ok(site.s3.failures() > 5, `${site.s3.failures()} failures`)
})

test('a download that breaks off goes on where it was', async (site) => {
  const bytes = randomBytes(4_000_000)
  await put(site, 'results/one.jpg', bytes)
  site.s3.cutNextAfter(1_000_000)
  const found = await site.store.read('results/one.jpg')
  assert.ok(found && (await buffer(found.stream)).equals(bytes))
  assert.is(site.s3.calls.filter((call) => call.startsWith('GET')).length, 2)

  site.s3.cutNextAfter(500_000)
  const part = await site.store.read('results/one.jpg', { start: 1_000_000, end: 2_999_999 })
  assert.ok(part && (await buffer(part.stream)).equals(bytes.subarray(1_000_000, 3_000_000)))
})

test('a download that breaks off for good fails, and leaves no local copy', async (site) => {
  await put(site, 'results/one.jpg', randomBytes(4_000_000))
  const found = await site.store.read('results/one.jpg')
  assert.ok(found)
  site.s3.refuseAll({ status: 403, code: 'AccessDenied' })
  site.s3.breakOpenConnections()
  assert.match((await rejectionOf(buffer(found.stream))).message, /refuses access/)
  assert.match(await messageOf(site.store.localCopy('results/one.jpg')), /refuses access/)
  assert.equal(await readdir(site.scratchDir), [])
})

test('a reader that stops early gives its connection back', async (site) => {
  await put(site, 'results/one.jpg', randomBytes(8_000_000))
  for (let round = 0; round < 20; round += 1) {
    const found = await site.store.read('results/one.jpg')
    assert.ok(found)
    const closed = once(found.stream, 'close')
    if (round % 2 === 0) await once(found.stream, 'readable')
    found.stream.destroy()
    await closed
  }
  await until(() => site.s3.openSockets() <= 2, 'the connections are closed')
})

test('a reader that does not read holds up the server, and not the memory', async (site) => {
  await put(site, 'results/one.jpg', randomBytes(30 * 1024 * 1024))
  const readers = await Promise.all(Array.from({ length: 4 }, () => site.store.read('results/one.jpg')))
  for (const reader of readers) assert.ok(reader && reader.stream.readableLength < 1_000_000)
  for (const reader of readers) {
    let seen = 0
    for await (const chunk of reader?.stream ?? []) {
      seen += chunk.length
      assert.ok((reader?.stream.readableLength ?? 0) < 1_000_000)
    }
    assert.is(seen, 30 * 1024 * 1024)
  }
})

test('each cause has words of its own', async (site) => {
  const { store, s3 } = site
  const causes: [number, string, RegExp][] = [
    [403, 'InvalidAccessKeyId', /does not know the access key/],
    [403, 'SignatureDoesNotMatch', /does not accept the secret key/],
    [403, 'AccessDenied', /refuses access to the bucket "pictures"/],
    [404, 'NoSuchBucket', /has no bucket "pictures"/],
    [403, 'RequestTimeTooSkewed', /clock of this machine/],
    [301, 'PermanentRedirect', /another region/],
  ]
  for (const [status, code, expected] of causes) {
    s3.refuseAll({ status, code })
    const message = await messageOf(store.read('results/one.jpg'))
    assert.match(message, expected)
    assert.not.match(message, /S3RVER/)
    const path = join(site.scratchDir, 'photo')
    await writeFile(path, 'x')
    assert.match(await messageOf(store.adopt('results/one.jpg', path)), expected)
  }
})

test('a server that is not there, a wrong key and a wrong bucket are told apart', async ({
  s3,
  scratchDir,
}) => {
  const open = (change: object) => openS3Store({ ...s3, prefix: '', scratchDir, ...change })
  const away = await open({ endpoint: 'http://127.0.0.1:9' })
  assert.match(await messageOf(away.stat('results/one.jpg')), /cannot be reached \(ECONNREFUSED\)/)
  const stranger = await open({ accessKeyId: 'STRANGER' })
  assert.match(await messageOf(stranger.probe()), /does not know the access key/)
  const nowhere = await open({ bucket: 'elsewhere' })
  for (const work of [
    nowhere.probe,
    () => nowhere.stat('results/one.jpg'),
    () => nowhere.remove('results/one.jpg'),
  ])
    assert.match(await messageOf(work()), /has no bucket "elsewhere"/)
})

test('an address of a file works without credentials, names the file, and ends', async (site) => {
  const { store, s3, scratchDir } = site
  assert.is(store.linkTo, undefined)
  const open = await openS3Store({ ...s3, prefix: 'booth/', scratchDir, offersLinks: true })
  await put(site, 'results/one.jpg', 'picture')
  const options = { mime: 'image/jpeg', fileName: 'photo.jpg', download: true }
  const link = await open.linkTo?.('results/one.jpg', { ...options, expiresInSec: 60 })
  const answer = await fetch(String(link))
  assert.is(await answer.text(), 'picture')
  assert.is(answer.headers.get('content-type'), 'image/jpeg')
  assert.is(answer.headers.get('content-disposition'), 'attachment; filename="photo.jpg"')
  const url = new URL(String(link))
  assert.is(url.searchParams.get('X-Amz-Expires'), '60')
  url.searchParams.set('X-Amz-Date', '20200101T000000Z')
  assert.is((await fetch(url)).status, 403)
})

test('a blind removal asks for nothing first', async (site) => {
  await put(site, 'results/one.jpg', 'x')
  site.s3.calls.length = 0
  await site.store.remove('results/one.jpg', { blindly: true })
  assert.equal(site.s3.calls, ['DELETE /pictures/booth/results/one.jpg'])
})

test.run()
