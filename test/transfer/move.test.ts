import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadConfig } from '../../src/config.ts'
import { copiedTables } from '../../src/db/copy-order.ts'
import { openStore } from '../../src/open-store.ts'
import { findFingerprint } from '../../src/transfer/copy-media.ts'
import { saveMarker } from '../../src/transfer/marker.ts'
import { moveInstallation } from '../../src/transfer/move.ts'
import { sumUp } from '../../src/transfer/rows.ts'
import { openByUrl } from '../support/backends.ts'
import { listMedia } from '../support/files.ts'
import { makeFolder } from '../support/folder.ts'
import { addLogRows, never, restoreInto, save, takePhotos } from '../support/installation.ts'
import { makePostgres } from '../support/postgres.ts'
import { rejectionOf } from '../support/rejection.ts'
import { startS3 } from '../support/s3.ts'
import { openTestServer, type TestServer } from '../support/server.ts'

const test = suite('transfer/move')
const folder = await makeFolder()
const postgres = await makePostgres()
const s3 = await startS3()
const small = await openTestServer({ workers: 2 })

test.before(async () => {
  await takePhotos(small, 2)
  await small.app.settings.change({ providerKeys: { gemini: { value: 'a key of a vendor' } } }, 'serg')
  const [job] = await small.app.reader.list({}, 1)
  // More than one batch, with keys that databases sort differently, and a character that not all of them keep.
  await addLogRows(small.app.db, job?.id ?? '', 2000)
  for (const name of ['Émile', 'ångström', 'Zoë', 'a_b', 'a-b', 'A B', '10', '9', 'цех', 'nul\0'])
    await small.app.db.query
      .insertInto('booths')
      .values({
        name,
        last_seen_at: 1,
        last_job_id: '',
        picture_job_id: null,
        slot_id: 'slot-001',
        software: null,
        version: null,
      })
      .execute()
})
test.after(async () => {
  await small.close()
  await s3.close()
  await postgres.remove()
  await folder.remove()
})

const from = ({ app }: TestServer) => ({
  db: app.db,
  store: app.store,
  workers: app.workers,
  queue: app.reader,
})
const usual = { toStore: undefined, startOver: false, force: false, signal: never }

async function assertSame(server: TestServer, to: ReturnType<typeof openByUrl>): Promise<void> {
  for (const table of copiedTables)
    assert.equal(await sumUp(to.query, table), await sumUp(server.app.db.query, table), table)
}

for (const [name, urlOf] of [
  ['a file', () => join(folder.path, 'copy.db')],
  ['a database server', () => postgres.url],
] as const)
  test(`all rows go to ${name}`, async () => {
    const to = openByUrl(urlOf())
    const { tables } = await moveInstallation(from(small), { ...usual, to })
    await assertSame(small, to)
    assert.is(tables.slots?.rows, 15)
    assert.ok((tables.processing_log?.rows ?? 0) > 2000)
    assert.is((await rejectionOf(moveInstallation(from(small), { ...usual, to }))).code, 'target_not_empty')
    await to.close()
  })

test('pictures and rows of a server with a bucket come back by way of a backup', async () => {
  const other = await openTestServer({
    workers: 0,
    data_dir: small.dataDir,
    database_url: postgres.url,
    ...s3.settings,
  })
  const { app } = other
  try {
    const media = await moveInstallation(
      { ...from(small), db: small.app.db },
      { ...usual, to: openByUrl(join(folder.path, 'with-media.db')), toStore: app.store },
    )
    assert.ok((media.media?.copied ?? 0) >= 4)
    const file = join(folder.path, 'of-servers.zip')
    const report = await save(other, file)
    assert.equal(report.missing, [])
    const target = join(folder.path, 'restored')
    await restoreInto(target, file)
    const restored = openByUrl(join(target, 'photochanger.db'))
    for (const table of copiedTables)
      if (table !== 'settings')
        assert.equal(await sumUp(restored.query, table), await sumUp(app.db.query, table), table)
    await restored.close()
    assert.equal(await listMedia(target), await listMedia(small.dataDir))
    for (const key of await listMedia(target))
      assert.equal(await findFingerprint(app.store, key), await findFingerprint(small.app.store, key))
  } finally {
    await other.close()
  }
})

test('a backup of a file is restored onto a database server and a bucket', async () => {
  const [database, bucket] = await Promise.all([makePostgres(), startS3('others')])
  const file = join(folder.path, 'of-file.zip')
  await save(small, file)
  const settings = { database_url: database.url, ...bucket.settings }
  await restoreInto(join(folder.path, 'onto-servers'), file, { settings })
  const db = openByUrl(database.url)
  assert.equal(await sumUp(db.query, 'jobs'), await sumUp(small.app.db.query, 'jobs'))
  await db.close()
  const store = await openStore(loadConfig({ data_dir: join(folder.path, 'onto-servers'), ...settings }, {}))
  for (const key of await listMedia(small.dataDir))
    assert.equal(await findFingerprint(store, key), await findFingerprint(small.app.store, key))
  await store.close()
  await bucket.close()
  await database.remove()
})

test('what is in the other store already is not copied again, and what differs is', async () => {
  const media = loadConfig({ data_dir: join(folder.path, 'store') }, {})
  const toStore = await openStore(media)
  const copy = (name: string) => {
    const to = openByUrl(join(folder.path, name))
    return moveInstallation(from(small), { ...usual, to, toStore, startOver: true }).finally(() => to.close())
  }
  const first = await copy('first.db')
  const [one = ''] = await listMedia(join(folder.path, 'store'))
  await toStore.remove(one)
  const second = await copy('second.db')
  assert.is(second.media?.copied, 1)
  assert.is(second.media?.passedOver, (first.media?.copied ?? 0) - 1)
})

test('a half copy of something else is refused unless it is thrown away, and no server opens it', async () => {
  const path = join(folder.path, 'half.db')
  const to = openByUrl(path)
  const stop = new AbortController()
  const interrupted = moveInstallation(from(small), {
    ...usual,
    to,
    signal: stop.signal,
    onProgress: ({ done }) => done > 600 && stop.abort(),
  })
  await rejectionOf(interrupted)
  const opening = openTestServer({ workers: 0, database_url: path })
  assert.is((await rejectionOf(opening)).code, 'database_mismatch')
  await to.write((tx) => saveMarker(tx, { id: 'something else', tables: {} }))
  const refused = await rejectionOf(moveInstallation(from(small), { ...usual, to }))
  assert.match(refused.message, '--start-over')
  await moveInstallation(from(small), { ...usual, to, startOver: true })
  await assertSame(small, to)
  await to.close()
})

test('a source that has changed since the copy was begun is found out', async () => {
  const server = await openTestServer({ workers: 2 })
  await takePhotos(server, 1)
  const [job] = await server.app.reader.list({}, 1)
  await addLogRows(server.app.db, job?.id ?? '', 2000)
  const to = openByUrl(join(folder.path, 'changed.db'))
  const stop = new AbortController()
  await rejectionOf(
    moveInstallation(from(server), {
      ...usual,
      to,
      signal: stop.signal,
      onProgress: ({ done }) => done > 1000 && stop.abort(),
    }),
  )
  await server.app.slots.update('slot-009', { name: 'Renamed' })
  const error = await rejectionOf(moveInstallation(from(server), { ...usual, to }))
  assert.match(error.message, 'slots has rows that differ')
  assert.match(error.message, '--start-over')
  await moveInstallation(from(server), { ...usual, to, startOver: true })
  await assertSame(server, to)
  await to.close()
  await server.close()
})

test('while something works on the installation it is not copied, unless that is wanted', async () => {
  const server = await openTestServer({ workers: 0 })
  const worker = server.app.workers.enlist({ kind: 'worker', concurrency: 1 })
  await worker.beat()
  const to = openByUrl(join(folder.path, 'busy.db'))
  assert.is((await rejectionOf(moveInstallation(from(server), { ...usual, to }))).code, 'installation_busy')
  await moveInstallation(from(server), { ...usual, to, force: true })
  assert.is((await to.query.selectFrom('workers').selectAll().execute()).length, 0)
  await worker.end()
  await to.close()
  await server.close()
})

test.run()
