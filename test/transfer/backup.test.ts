import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { copiedTables } from '../../src/db/copy-order.ts'
import type { Database } from '../../src/db/database.ts'
import { openDatabaseFile } from '../../src/open-database.ts'
import { openArchive, verifyArchive } from '../../src/transfer/archive-reader.ts'
import { sumUp } from '../../src/transfer/rows.ts'
import { sendPhoto } from '../support/booth.ts'
import { listMedia, readMedia } from '../support/files.ts'
import { makeFolder } from '../support/folder.ts'
import {
  addLogRows,
  never,
  passphrase,
  readSecretKey,
  restoreInto,
  save,
  takePhotos,
} from '../support/installation.ts'
import { landscape } from '../support/photos.ts'
import { rejectionOf } from '../support/rejection.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'

const test = suite('transfer/backup')

async function withServer(work: (server: TestServer, folder: string) => Promise<void>): Promise<void> {
  const folder = await makeFolder()
  const server = await openTestServer({ workers: 2 })
  try {
    await work(server, folder.path)
  } finally {
    await server.close()
    await folder.remove()
  }
}

const sumsOf = async ({ query }: Pick<Database, 'query'>): Promise<Record<string, unknown>> =>
  Object.fromEntries(await Promise.all(copiedTables.map(async (table) => [table, await sumUp(query, table)])))

test('an empty directory becomes the same installation: rows, pictures, secrets', () =>
  withServer(async (server, folder) => {
    await takePhotos(server, 3)
    await server.app.templates.bind({ slotId: 'slot-002', settingKey: 'frame', localPath: landscape })
    await server.app.settings.change({ providerKeys: { gemini: { value: 'a key of a vendor' } } }, 'serg')
    const file = join(folder, 'deep', 'backup.zip')
    const report = await save(server, file, passphrase)
    assert.equal(report.missing, [])
    assert.is((await stat(file)).mode & 0o777, 0o600)
    assert.equal(await readdir(join(folder, 'deep')), ['backup.zip'], 'nothing is left beside it')

    const target = join(folder, 'restored')
    const restored = await restoreInto(target, file, { secret: passphrase })
    assert.equal(restored.removedSettings, [])
    const db = await openDatabaseFile(join(target, 'photochanger.db'))
    assert.equal(await sumsOf(db), await sumsOf(server.app.db))
    await db.close()
    assert.is(await readSecretKey(target), await readSecretKey(server.dataDir))
    const files = await listMedia(target)
    assert.equal(files, await listMedia(server.dataDir))
    assert.ok(files.length >= 4)
    for (const name of files)
      assert.equal(await readMedia(target, name), await readMedia(server.dataDir, name), name)
  }))

test('a restored server knows its accounts and serves old pictures by links that were signed before', () =>
  withServer(async (server, folder) => {
    await takePhotos(server, 1)
    const [job] = await server.app.reader.list({}, 1)
    assert.ok(job)
    const link = await fetch(`${server.url}/public/results/${job?.id}`, { redirect: 'manual' })
    const { pathname, search } = new URL(link.headers.get('location') ?? '', server.url)
    const [admin] = server.app.credentials?.admins ?? []
    const file = join(folder, 'backup.zip')
    await save(server, file, passphrase)
    const target = join(folder, 'restored')
    await restoreInto(target, file, { secret: passphrase })

    const other = await openTestServer({ at: { data_dir: target }, workers: 0 })
    try {
      assert.is(other.app.credentials, undefined, 'it is no new installation')
      const picture = await fetch(`${other.url}${pathname}${search}`)
      assert.is(picture.status, 200)
      assert.ok((await picture.arrayBuffer()).byteLength > 1000)
      const login = await fetch(`${other.url}/api/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(admin),
      })
      assert.is(login.status, 200)
      const photo = await sendPhoto(other.url, 'slot-001', { password: 'wrong' })
      assert.is(photo.status, 401)
    } finally {
      await other.close()
    }
  }))

test('without its secrets a backup makes an installation that works, and says what has to be entered again', () =>
  withServer(async (server, folder) => {
    const { app } = server
    await app.settings.change({ providerKeys: { gemini: { value: 'a key of a vendor' } } }, 'serg')
    await app.alertSettings.change({ url: 'https://ntfy.example/topic', shape: 'json' }, 'serg')
    const file = join(folder, 'backup.zip')
    await save(server, file)
    const target = join(folder, 'restored')
    const report = await restoreInto(target, file)
    assert.equal(report.removedSettings, ['alerts', 'provider_keys.gemini'])
    assert.is.not(await readSecretKey(target), await readSecretKey(server.dataDir))
    const other = await openTestServer({ at: { data_dir: target }, workers: 2 })
    try {
      const alerts = await other.app.alertSettings.read()
      assert.equal([alerts.isSet, alerts.shape, alerts.host], [false, 'json', undefined])
      assert.is((await other.app.providerKeys.findAccess('gemini')).apiKey, undefined)
      await useEcho(other, 'slot-001')
      const answer = await sendPhoto(other.url, 'slot-001', { password: server.password })
      assert.is(answer.status, 200, 'the ingest password is as it was')
      await answer.arrayBuffer()
    } finally {
      await other.close()
    }
  }))

test('while photos come in, every row of a backup is whole and has its picture', () =>
  withServer(async (server, folder) => {
    await takePhotos(server, 1)
    const [job] = await server.app.reader.list({}, 1)
    await addLogRows(server.app.db, job?.id ?? '', 20_000)
    let isOver = false
    const booth = (async () => {
      let sent = 0
      for (; !isOver; sent += 1) {
        const answer = await sendPhoto(server.url, 'slot-001', { password: server.password })
        assert.is(answer.status, 200)
        await answer.arrayBuffer()
      }
      return sent
    })()
    for (const name of ['1.zip', '2.zip', '3.zip']) await save(server, join(folder, name))
    isOver = true
    assert.ok((await booth) > 0)
    for (const name of ['1', '2', '3']) {
      const target = join(folder, name)
      await restoreInto(target, join(folder, `${name}.zip`))
      const db = await openDatabaseFile(join(target, 'photochanger.db'))
      const jobs = await db.query.selectFrom('jobs').selectAll().execute()
      const totals = await db.query.selectFrom('job_totals').select('jobs').execute()
      await db.close()
      const final = jobs.filter(({ is_finalized }) => is_finalized === 1)
      assert.is(
        final.length,
        totals.reduce((sum, { jobs: count }) => sum + count, 0),
      )
      for (const { result_file_path, result_size_bytes } of final)
        assert.is((await stat(join(target, 'media', result_file_path ?? ''))).size, result_size_bytes)
    }
  }))

test('a picture that went meanwhile is noted', () =>
  withServer(async (server, folder) => {
    await takePhotos(server, 2)
    const [job] = await server.app.reader.list({}, 1)
    await server.app.store.remove(job?.result?.path ?? '')
    const report = await save(server, join(folder, 'backup.zip'))
    assert.equal(report.missing, [job?.result?.path])
    const archive = await openArchive(join(folder, 'backup.zip'))
    await verifyArchive(archive, { signal: never })
    assert.equal(archive.manifest.missing, [job?.result?.path])
    archive.close()
  }))

test('what is secret in config.json goes into the secrets, what names this machine nowhere', () =>
  withServer(async (server, folder) => {
    const config = {
      port: 9000,
      gemini_api_key: 'not for everybody',
      media_root: '/srv/pictures',
      tls_cert: '/etc/cert',
    }
    await writeFile(join(server.dataDir, 'config.json'), JSON.stringify(config))
    const file = join(folder, 'backup.zip')
    await save(server, file, passphrase)
    assert.not((await readFile(file)).includes('not for everybody'))
    const archive = await openArchive(file)
    assert.equal(JSON.parse((await archive.readBytes('config.json')).toString()), { port: 9000 })
    archive.close()
    await restoreInto(join(folder, 'plain'), file)
    assert.equal(JSON.parse(await readFile(join(folder, 'plain', 'config.json'), 'utf8')), { port: 9000 })
    await restoreInto(join(folder, 'secret'), file, { secret: passphrase })
    assert.equal(JSON.parse(await readFile(join(folder, 'secret', 'config.json'), 'utf8')), {
      port: 9000,
      gemini_api_key: 'not for everybody',
    })
  }))

test('a wrong passphrase is refused before anything is written', () =>
  withServer(async (server, folder) => {
    const file = join(folder, 'backup.zip')
    await save(server, file, passphrase)
    const error = await rejectionOf(
      restoreInto(join(folder, 'restored'), file, { secret: 'another passphrase' }),
    )
    assert.is(error.code, 'invalid_credentials')
    assert.is(await stat(join(folder, 'restored')).catch(() => 'none'), 'none')
    assert.is((await rejectionOf(save(server, join(folder, 'short.zip'), 'short'))).code, 'invalid_usage')
  }))

test('an existing file is not replaced, and a folder that cannot be written leaves nothing behind', () =>
  withServer(async (server, folder) => {
    const file = join(folder, 'backup.zip')
    await writeFile(file, 'precious')
    assert.is((await rejectionOf(save(server, file))).code, 'invalid_usage')
    assert.is(await readFile(file, 'utf8'), 'precious')
    const error = await rejectionOf(save(server, join(file, 'in-a-file.zip')))
    assert.is(error.code, 'storage_unavailable')
    assert.equal(await readdir(folder), ['backup.zip'])
  }))

test('a place that is not empty is refused and stays as it is', () =>
  withServer(async (server, folder) => {
    const file = join(folder, 'backup.zip')
    await save(server, file)
    await takePhotos(server, 1)
    const before = await listMedia(server.dataDir)
    const error = await rejectionOf(restoreInto(server.dataDir, file))
    assert.is(error.code, 'target_not_empty')
    assert.equal(await listMedia(server.dataDir), before)
    const { data_dir, database_url = join(data_dir ?? '', 'photochanger.db'), ...rest } = server.settings
    const other = await rejectionOf(restoreInto(join(folder, 'new'), file, { settings: { database_url } }))
    assert.is(other.code, 'target_not_empty')
    assert.match(other.message, 'holds an installation')
    const { database_connections: _, media_root = join(data_dir ?? '', 'media'), ...keys } = rest
    const media = await rejectionOf(
      restoreInto(join(folder, 'newer'), file, { settings: { media_root, ...keys } }),
    )
    assert.match(media.message, 'media store')
  }))

test.run()
