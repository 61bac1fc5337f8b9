import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../src/errors.ts'
import { openDiskStore } from '../../src/storage/disk.ts'
import { storeContract } from '../suites/store.suite.ts'
import { makeFolder } from '../support/folder.ts'

async function setup() {
  const folder = await makeFolder()
  const root = join(folder.path, 'media')
  const store = await openDiskStore(root)
  return {
    folder: folder.path,
    root,
    store,
    async close() {
      await store.close()
      await folder.remove()
    },
  }
}

storeContract('storage/disk: contract', setup)

const test = suite<Awaited<ReturnType<typeof setup>>>('storage/disk')
test.before.each(async (context) => {
  Object.assign(context, await setup())
})
test.after.each(({ close }) => close())

async function codeOfRejection(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.instance(error, AppError)
  return (error as AppError).code
}

const modeOf = async (path: string) => (await stat(path)).mode & 0o777

test('photos and folders can be read by the owner alone, whatever mode the file came with', async ({
  root,
  store,
}) => {
  const local = join(store.scratchDir, 'upload')
  await writeFile(local, 'x')
  await chmod(local, 0o644)
  await store.adopt('results/one.jpg', local)
  assert.is(await modeOf(join(root, 'results', 'one.jpg')), 0o600)
  for (const folder of [root, join(root, 'tmp'), join(root, 'results')])
    assert.is(await modeOf(folder), 0o700)
})

test('a file from another file system is taken in whole, and its source removed', async ({ root, store }) => {
  const elsewhere = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'disk-store-'))
  try {
    const isOther = (await stat(elsewhere)).dev !== (await stat(root)).dev
    if (!isOther) console.log('  (one file system only: the copy is not exercised)')
    for (const durable of [false, 'content', true] as const) {
      const local = join(elsewhere, 'photo')
      const bytes = Buffer.alloc(1_500_000, durable ? 'a' : 'b')
      await writeFile(local, bytes)
      await store.adopt('results/one.jpg', local, { durable })
      assert.ok((await readFile(join(root, 'results', 'one.jpg'))).equals(bytes))
      assert.is(await modeOf(join(root, 'results', 'one.jpg')), 0o600)
      assert.is(existsSync(local), false)
      assert.equal(await readdir(store.scratchDir), [])
    }
  } finally {
    await rm(elsewhere, { recursive: true })
  }
})

test('a folder that somebody has removed is made again', async ({ root, store }) => {
  const local = join(store.scratchDir, 'upload')
  await writeFile(local, 'first')
  await store.adopt('results/one.jpg', local)
  await rm(join(root, 'results'), { recursive: true })
  await writeFile(local, 'second')
  await store.adopt('results/two.jpg', local)
  assert.is(await readFile(join(root, 'results', 'two.jpg'), 'utf8'), 'second')
})

test('opening again finds what was kept, and leaves unfinished files to their owners', async ({
  root,
  store,
}) => {
  await writeFile(join(store.scratchDir, 'upload'), 'kept')
  await store.adopt('results/one.jpg', join(store.scratchDir, 'upload'))
  await writeFile(join(store.scratchDir, 'unfinished'), 'x')
  const again = await openDiskStore(root)
  const found = await again.read('results/one.jpg')
  assert.ok(found)
  assert.is((await buffer(found.stream)).toString(), 'kept')
  assert.equal(await readdir(again.scratchDir), ['unfinished'])
})

test('a reader that stops early, and one that finds a folder, give their file handles back', async ({
  store,
}) => {
  await writeFile(join(store.scratchDir, 'upload'), Buffer.alloc(5_000_000))
  await store.adopt('results/one.jpg', join(store.scratchDir, 'upload'))
  const openFiles = async () => (await readdir('/proc/self/fd')).length
  const before = await openFiles()
  for (let round = 0; round < 20; round += 1) {
    const found = await store.read('results/one.jpg')
    assert.ok(found)
    const closed = once(found.stream, 'close')
    found.stream.destroy()
    await closed
    assert.is(await store.read('results'), undefined)
  }
  assert.is(await openFiles(), before)
})

test('a list has neither links nor folders, and passes over files that vanish', async ({ root, store }) => {
  await mkdir(join(root, 'results', 'empty'), { recursive: true })
  for (let index = 0; index < 200; index += 1) await writeFile(join(root, 'results', `${index}.jpg`), 'x')
  await symlink('/etc/hostname', join(root, 'results', 'link.jpg'))
  const seen: string[] = []
  for await (const { key } of store.list('results/')) {
    seen.push(key)
    if (seen.length === 1) await rm(join(root, 'results'), { recursive: true })
  }
  assert.ok(seen.length >= 1 && seen.length <= 200)
  assert.not(seen.includes('results/link.jpg'))
})

test('unfinished files count as used', async ({ store }) => {
  await writeFile(join(store.scratchDir, 'upload'), Buffer.alloc(4000))
  assert.is((await store.usage()).usedBytes, 4000)
})

test('a root that cannot be a folder is storage_unavailable', async ({ folder }) => {
  await writeFile(join(folder, 'file'), 'x')
  assert.is(await codeOfRejection(openDiskStore(join(folder, 'file'))), 'storage_unavailable')
  assert.is(await codeOfRejection(openDiskStore(join(folder, 'file', 'below'))), 'storage_unavailable')
})

test('what the disk refuses is storage_unavailable, with the reason kept for the log', async ({
  root,
  store,
}) => {
  await writeFile(join(root, 'results'), 'a file where a folder should be')
  await writeFile(join(store.scratchDir, 'upload'), 'x')
  const error = await store
    .adopt('results/one.jpg', join(store.scratchDir, 'upload'))
    .catch((reason: unknown) => reason)
  assert.instance(error, AppError)
  assert.is((error as AppError).code, 'storage_unavailable')
  assert.match(String((error as AppError).cause), /EEXIST|ENOTDIR/)
})

test('a probe fails when nothing can be written', async ({ store }) => {
  await rm(store.scratchDir, { recursive: true })
  assert.is(await codeOfRejection(store.probe()), 'storage_unavailable')
})

test.run()
