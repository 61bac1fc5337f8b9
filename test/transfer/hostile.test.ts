// Backups that are damaged, forged, or from a newer version.
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import Sqlite from 'better-sqlite3'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import yauzl from 'yauzl'
import { ZipFile } from 'yazl'
import { migrate } from '../../src/db/migrate.ts'
import { openDatabaseFile } from '../../src/open-database.ts'
import { openArchive, verifyArchive } from '../../src/transfer/archive-reader.ts'
import { makeFolder } from '../support/folder.ts'
import { never, passphrase, restoreInto, save, takePhotos } from '../support/installation.ts'
import { rejectionOf } from '../support/rejection.ts'
import { openTestServer } from '../support/server.ts'

const test = suite('transfer/hostile')
const folder = await makeFolder()
const good = join(folder.path, 'good.zip')

test.before(async () => {
  const server = await openTestServer({ workers: 2 })
  await takePhotos(server, 2)
  await writeFile(join(server.dataDir, 'config.json'), '{"port":9000}')
  await save(server, good, passphrase)
  await server.close()
})
test.after(folder.remove)

async function refusalOf(file: string): Promise<string> {
  const target = join(folder.path, 'target')
  const error = await rejectionOf(restoreInto(target, file))
  assert.is(error.code, 'backup_invalid', error.stack)
  assert.is(await stat(target).catch(() => 'none'), 'none', 'nothing was put in place')
  return error.message
}

/** Each file with where its bytes lie in the archive. */
async function listEntries(): Promise<{ name: string; start: number; end: number }[]> {
  const zip = await yauzl.openPromise(good)
  const found: { name: string; start: number; end: number }[] = []
  const bytes = await readFile(good)
  for await (const entry of zip.eachEntry()) {
    const at = entry.relativeOffsetOfLocalHeader
    const start = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28)
    found.push({ name: entry.fileName, start, end: start + entry.compressedSize })
  }
  return found
}

test('a changed byte anywhere in a file of the backup is found, and the file is named', async () => {
  const entries = await listEntries()
  assert.ok(entries.length >= 7)
  for (const { name, start, end } of entries)
    for (const at of new Set([start, Math.floor((start + end) / 2), end - 1])) {
      const bytes = await readFile(good)
      bytes[at] = (bytes[at] ?? 0) ^ 0xff
      const file = join(folder.path, 'damaged.zip')
      await writeFile(file, bytes)
      assert.match(await refusalOf(file), name, `${name} at ${at}`)
    }
})

test('half a backup is refused', async () => {
  const bytes = await readFile(good)
  const file = join(folder.path, 'half.zip')
  for (const length of [0, 10, Math.floor(bytes.length / 2), bytes.length - 1]) {
    await writeFile(file, bytes.subarray(0, length))
    await refusalOf(file)
  }
  await writeFile(file, 'this is no archive at all, but long enough to be looked at')
  await refusalOf(file)
})

const database = Buffer.from('database')

function manifestOf(files: Record<string, Buffer>, more: Record<string, unknown> = {}): Buffer {
  const entries = Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [
      name,
      { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
    ]),
  )
  const fixed = { format: 1, version: '0', schema: '', created_at: '', rows: {}, missing: [] }
  return Buffer.from(JSON.stringify({ ...fixed, entries, ...more }))
}

/** `renamed` replaces a name in the finished archive by one of the same length that yazl would refuse to write. */
async function forge(
  files: [string, Buffer, boolean?][],
  manifest: Buffer,
  renamed: [string, string][] = [],
): Promise<string> {
  const zip = new ZipFile()
  for (const [name, bytes, compress = false] of files) zip.addBuffer(bytes, name, { compress })
  zip.addBuffer(manifest, 'manifest.json', { compress: false })
  zip.end()
  const path = join(folder.path, 'forged.zip')
  await pipeline(zip.outputStream, createWriteStream(path))
  let text = await readFile(path, 'latin1')
  for (const [from, to] of renamed) text = text.replaceAll(from, to)
  await writeFile(path, text, 'latin1')
  return path
}

test('a name that leads out of its folder is refused', async () => {
  const names: [string, string][] = [
    ['media/results/aaaaaaaa.jpg', 'media/results/../../../a.j'],
    ['media/results/aaaaaaaa.jpg', '/etc/cron.d/aaaaaaaaaaaaaa'],
    ['media/results/aaaaaaaa.jpg', 'media\\results\\aaaaaaaa.jpg'],
    ['media/results/aaaaaaaa.jpg', 'C:/dia/results/aaaaaaaa.jp'],
  ]
  for (const [from, to] of names) {
    assert.is(from.length, to.length)
    const picture = Buffer.from('picture')
    const manifest = manifestOf({ 'database.db': database, [from]: picture })
    await refusalOf(
      await forge(
        [
          ['database.db', database],
          [from, picture],
        ],
        manifest,
        [[from, to]],
      ),
    )
  }
})

test('what no backup holds is refused', async () => {
  const more = Buffer.from('more')
  for (const name of [
    'secret.key',
    'media/other/a.jpg',
    'media/tmp/a.jpg',
    'media/results/A.jpg',
    'media/results/.a',
    'a/manifest.json',
  ]) {
    const file = await forge(
      [
        ['database.db', database],
        [name, more],
      ],
      manifestOf({ 'database.db': database, [name]: more }),
    )
    assert.match(await refusalOf(file), 'no backup has')
  }
})

test('a file that the list does not name, or one that is missing, is refused', async () => {
  const more = Buffer.from('more')
  const name = 'media/results/a.jpg'
  assert.match(
    await refusalOf(
      await forge(
        [
          ['database.db', database],
          [name, more],
        ],
        manifestOf({ 'database.db': database }),
      ),
    ),
    'does not name',
  )
  assert.match(
    await refusalOf(
      await forge([['database.db', database]], manifestOf({ 'database.db': database, [name]: more })),
    ),
    `${name} is missing`,
  )
  assert.match(
    await refusalOf(
      await forge(
        [
          ['database.db', database],
          ['database.db', database],
        ],
        manifestOf({ 'database.db': database }),
      ),
    ),
    'twice',
  )
  await refusalOf(await forge([[name, more]], manifestOf({ [name]: more })))
})

test('a picture that would unfold into something large is refused, and so is a size that is not true', async () => {
  const zeros = Buffer.alloc(5_000_000)
  const name = 'media/results/a.jpg'
  const files = { 'database.db': database, [name]: zeros }
  assert.match(
    await refusalOf(
      await forge(
        [
          ['database.db', database],
          [name, zeros, true],
        ],
        manifestOf(files),
      ),
    ),
    'compressed',
  )
  const lie = manifestOf(files, {
    entries: { 'database.db': { size: 9e15, sha256: 'a'.repeat(64) } },
  })
  await refusalOf(await forge([['database.db', database]], lie))
})

test('a newer format and a newer database are refused with what to do', async () => {
  const files = { 'database.db': database }
  const file = await forge([['database.db', database]], manifestOf(files, { format: 2 }))
  assert.match(await refusalOf(file), 'newer version')
  const path = join(folder.path, 'newer.db')
  const db = await openDatabaseFile(path)
  await migrate(db)
  await db.close()
  const raw = new Sqlite(path)
  raw.exec("insert into kysely_migration (name, timestamp) values ('9999-later', '2030')")
  raw.close()
  const newer = await readFile(path)
  const target = join(folder.path, 'newer')
  const error = await rejectionOf(
    restoreInto(target, await forge([['database.db', newer]], manifestOf({ 'database.db': newer }))),
  )
  assert.match(error.message, 'newer version of photochanger (9999-later)')
  assert.equal(await readdir(target), [], 'nothing was put in place')
})

test('a database that is none is refused as such', async () => {
  const file = await forge([['database.db', database]], manifestOf({ 'database.db': database }))
  const archive = await openArchive(file)
  await verifyArchive(archive, { signal: never })
  archive.close()
  const error = await rejectionOf(restoreInto(join(folder.path, 'no-database'), file))
  assert.is(error.code, 'backup_invalid')
})

test.run()
