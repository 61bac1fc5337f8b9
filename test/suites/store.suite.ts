// What every media store must do, whatever keeps the bytes.
import { createHash, randomBytes } from 'node:crypto'
import { access, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ByteRange, MediaStore } from '../../src/storage/store.ts'
import { rejectionOf } from '../support/rejection.ts'

interface OpenStore {
  store: MediaStore
  /** Closes the store and removes what it kept. */
  close(): Promise<void>
}

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

export function storeContract(name: string, open: () => Promise<OpenStore>): void {
  const test = suite<{ opened: OpenStore; store: MediaStore }>(name)

  test.before.each(async (context) => {
    context.opened = await open()
    context.store = context.opened.store
  })
  test.after.each(({ opened }) => opened.close())

  async function localFile(store: MediaStore, bytes: Buffer | string): Promise<string> {
    const path = join(store.scratchDir, randomBytes(8).toString('hex'))
    await writeFile(path, bytes)
    return path
  }
  async function put(store: MediaStore, key: string, bytes: Buffer | string): Promise<void> {
    await store.adopt(key, await localFile(store, bytes))
  }
  async function get(store: MediaStore, key: string, range?: ByteRange): Promise<Buffer> {
    const found = await store.read(key, range)
    assert.ok(found, `${key} is there`)
    return buffer(found.stream)
  }
  async function keysBelow(store: MediaStore, prefix: string): Promise<string[]> {
    const keys: string[] = []
    for await (const { key } of store.list(prefix)) keys.push(key)
    return keys.sort()
  }
  const exists = (path: string) =>
    access(path).then(
      () => true,
      () => false,
    )

  test('an adopted file is read back byte for byte, and its local file is gone', async ({ store }) => {
    const bytes = randomBytes(3_000_000)
    const path = await localFile(store, bytes)
    await store.adopt('results/one.jpg', path)
    assert.is(digest(await get(store, 'results/one.jpg')), digest(bytes))
    assert.is(await exists(path), false)
  })

  test('a durable adoption keeps the same bytes, in a folder that is new', async ({ store }) => {
    const path = await localFile(store, 'durable')
    await store.adopt('new/deep/one.jpg', path, { durable: true })
    assert.is((await get(store, 'new/deep/one.jpg')).toString(), 'durable')
    assert.is(await exists(path), false)
  })

  test('adopting replaces what was there', async ({ store }) => {
    await put(store, 'results/one.jpg', 'old and longer')
    await put(store, 'results/one.jpg', 'new')
    assert.is((await get(store, 'results/one.jpg')).toString(), 'new')
    assert.equal(await keysBelow(store, 'results/'), ['results/one.jpg'])
  })

  test('an empty file can be kept', async ({ store }) => {
    await put(store, 'results/empty.jpg', '')
    assert.is((await get(store, 'results/empty.jpg')).length, 0)
    assert.is((await store.stat('results/empty.jpg'))?.sizeBytes, 0)
  })

  test('adopting a local file that is not there throws and stores nothing', async ({ store }) => {
    await rejects(store.adopt('results/one.jpg', join(store.scratchDir, 'absent')))
    assert.is(await store.stat('results/one.jpg'), undefined)
  })

  test('a reader gets the whole old file while a new one takes its place', async ({ store }) => {
    const old = randomBytes(2_000_000)
    await put(store, 'results/one.jpg', old)
    const reading = await store.read('results/one.jpg')
    assert.ok(reading)
    await put(store, 'results/one.jpg', 'new')
    assert.is(digest(await buffer(reading.stream)), digest(old))
  })

  test('a range has both ends inclusive, and tells the size of the whole file', async ({ store }) => {
    await put(store, 'results/one.jpg', '0123456789')
    const cases: [ByteRange, string][] = [
      [{ start: 0, end: 0 }, '0'],
      [{ start: 2, end: 5 }, '2345'],
      [{ start: 9, end: 9 }, '9'],
      [{ start: 7, end: 1000 }, '789'],
      [{ start: 0, end: 9 }, '0123456789'],
    ]
    for (const [range, expected] of cases) {
      assert.is((await get(store, 'results/one.jpg', range)).toString(), expected)
    }
    const found = await store.read('results/one.jpg', { start: 2, end: 5 })
    assert.is(found?.sizeBytes, 10)
    found?.stream.destroy()
  })

  test('a file that is not there is undefined to read, stat and localCopy, and false to remove', async ({
    store,
  }) => {
    await put(store, 'results/one.jpg', 'x')
    for (const key of ['results/absent.jpg', 'absent/one.jpg', 'results', 'results/one.jpg/below']) {
      assert.is(await store.read(key), undefined, key)
      assert.is(await store.stat(key), undefined, key)
      assert.is(await store.localCopy(key), undefined, key)
      if (key !== 'results') assert.is(await store.remove(key), false, key)
    }
  })

  test('stat tells key, size and time of change', async ({ store }) => {
    const before = Date.now()
    await put(store, 'results/one.jpg', 'twelve bytes')
    const found = await store.stat('results/one.jpg')
    assert.is(found?.key, 'results/one.jpg')
    assert.is(found?.sizeBytes, 12)
    assert.ok(Number.isInteger(found?.modifiedAt))
    // Some stores keep whole seconds, and their clock may be another one.
    assert.ok(Math.abs((found?.modifiedAt ?? 0) - before) < 60_000)
  })

  test('a local copy can be opened by path, and the original outlives its release', async ({ store }) => {
    await put(store, 'results/one.jpg', 'content')
    const copy = await store.localCopy('results/one.jpg')
    assert.ok(copy)
    assert.is(await readFile(copy.path, 'utf8'), 'content')
    await copy.release()
    assert.is((await get(store, 'results/one.jpg')).toString(), 'content')
  })

  test('moving renames, into a folder that is new, and replaces', async ({ store }) => {
    await put(store, 'staged/one', 'moved')
    await store.move('staged/one', 'fresh/one.jpg')
    assert.is(await store.stat('staged/one'), undefined)
    assert.is((await get(store, 'fresh/one.jpg')).toString(), 'moved')

    await put(store, 'staged/two', 'second')
    await store.move('staged/two', 'fresh/one.jpg')
    assert.is((await get(store, 'fresh/one.jpg')).toString(), 'second')
  })

  test('moving what is not there throws and leaves the target alone', async ({ store }) => {
    await put(store, 'results/one.jpg', 'kept')
    await rejects(store.move('staged/absent', 'results/one.jpg'))
    assert.is((await get(store, 'results/one.jpg')).toString(), 'kept')
  })

  test('of removals at the same time exactly one is told that it removed the file', async ({ store }) => {
    await put(store, 'results/one.jpg', 'x')
    const answers = await Promise.all(Array.from({ length: 8 }, () => store.remove('results/one.jpg')))
    assert.is(answers.filter(Boolean).length, 1)
    assert.is(await store.stat('results/one.jpg'), undefined)
  })

  test('adoptions at the same time into one new folder all succeed', async ({ store }) => {
    const names = Array.from({ length: 20 }, (_, index) => `fresh/${index}.jpg`)
    await Promise.all(names.map((key) => put(store, key, key)))
    assert.equal(await keysBelow(store, 'fresh/'), [...names].sort())
  })

  test('a list has the files below its folder with size and time, and no others', async ({ store }) => {
    await put(store, 'results/one.jpg', '1')
    await put(store, 'results/deep/two.jpg', '22')
    await put(store, 'results2/three.jpg', '333')
    await localFile(store, 'unfinished')
    assert.equal(await keysBelow(store, 'results/'), ['results/deep/two.jpg', 'results/one.jpg'])
    assert.equal(await keysBelow(store, ''), [
      'results/deep/two.jpg',
      'results/one.jpg',
      'results2/three.jpg',
    ])
    assert.equal(await keysBelow(store, 'absent/'), [])
    for await (const file of store.list('results2/')) {
      assert.equal(file, await store.stat('results2/three.jpg'))
    }
  })

  test('a list goes on while its files are being removed', async ({ store }) => {
    for (let index = 0; index < 50; index += 1) await put(store, `results/${index}.jpg`, 'x')
    let removed = 0
    for await (const { key } of store.list('results/')) {
      if (await store.remove(key)) removed += 1
    }
    assert.is(removed, 50)
    assert.equal(await keysBelow(store, 'results/'), [])
  })

  test('usage grows with what is kept', async ({ store }) => {
    const before = await store.usage()
    await put(store, 'results/one.jpg', randomBytes(10_000))
    const after = await store.usage()
    assert.ok(after.usedBytes >= before.usedBytes + 10_000)
    if (after.freeBytes !== undefined) assert.ok(after.freeBytes > 0)
  })

  test('a probe of a working store succeeds and leaves nothing behind', async ({ store }) => {
    const { usedBytes } = await store.usage()
    await store.probe()
    assert.is((await store.usage()).usedBytes, usedBytes)
  })

  test('a probe fails where unfinished files cannot be written', async ({ store }) => {
    await rm(store.scratchDir, { recursive: true })
    await writeFile(store.scratchDir, '')
    assert.is((await rejectionOf(store.probe())).code, 'storage_unavailable')
  })

  test('what is no key of ours is refused as a bug', async ({ store }) => {
    const path = await localFile(store, 'x')
    const wrong = [
      '',
      '/',
      '/etc/passwd',
      '../outside',
      'results/../../outside',
      'results/',
      'a//b',
      './a',
      'a/.hidden',
    ]
    for (const key of [...wrong, 'Results/One.jpg', 'results/a b', 'results/a\0b', 'results\\a', 'tmp/one']) {
      for (const call of [
        () => store.adopt(key, path),
        () => store.move(key, 'results/one.jpg'),
        () => store.read(key),
        () => store.stat(key),
        () => store.localCopy(key),
        () => store.remove(key),
      ]) {
        const error = await rejects(call())
        assert.is(error.name, 'Error', key)
      }
    }
    assert.is(await readFile(path, 'utf8'), 'x')
  })

  test('closing twice is fine', async ({ store }) => {
    await store.close()
    await store.close()
  })

  test.run()
}

async function rejects(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.instance(outcome, Error, 'should have been rejected')
  return outcome as Error
}
