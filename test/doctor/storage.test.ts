import { open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { migrate } from '../../src/db/migrate.ts'
import { openSqlite } from '../../src/db/sqlite.ts'
import { makeFolder } from '../support/folder.ts'
import { openTestServer, type TestServer } from '../support/server.ts'
import { tell } from './examine.ts'

const test = suite('doctor/storage')
const { signal } = new AbortController()

test('pages of the database file that were overwritten are found, a sound file has none', async () => {
  const folder = await makeFolder()
  const path = join(folder.path, 'test.db')
  const db = openSqlite({ path, busyTimeoutMs: 1_000 })
  try {
    await migrate(db)
    assert.match(await db.describe(), /^SQLite \d/)
    assert.equal(await db.checkIntegrity(signal), [])
    const rows = Array.from({ length: 2_000 }, (_, at) => ({ key: `key-${at}`, value_json: 'x'.repeat(200) }))
    for (const { key, value_json } of rows)
      await db.query
        .insertInto('settings')
        .values({ key, value_json, updated_at: 1, updated_by: 'test' })
        .execute()
  } finally {
    await db.close()
  }
  const file = await open(path, 'r+')
  const { size } = await file.stat()
  await file.write(Buffer.alloc(64 * 1024, 0x5a), 0, 64 * 1024, Math.floor(size / 2 / 4096) * 4096)
  await file.close()
  const again = openSqlite({ path, busyTimeoutMs: 1_000 })
  try {
    const damage = await again.checkIntegrity(signal)
    assert.ok(damage.length > 0)
    assert.match(damage.join('\n'), /malformed|btree|page|Tree/i)
  } finally {
    await again.close()
    await folder.remove()
  }
})

async function withServer(work: (server: TestServer) => Promise<void>) {
  const server = await openTestServer({ workers: 0 })
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

test('a database that a newer version has changed', () =>
  withServer(async (server) => {
    assert.is((await tell(server, 'schema'))[0]?.[0], 'ok')
    const row = { name: '9999-of-the-future', timestamp: new Date().toISOString() }
    // biome-ignore lint/suspicious/noExplicitAny: a table of the migrator, which this program does not name
    await (server.app.db.query as any).insertInto('kysely_migration').values(row).execute()
    assert.equal(await tell(server, 'schema'), [
      ['problem', 'A newer photochanger has changed the database: 9999-of-the-future.'],
    ])
  }))

test('a media folder that is gone: neither written nor measured', () =>
  withServer(async (server) => {
    assert.is((await tell(server, 'media'))[0]?.[0], 'ok')
    assert.match(String((await tell(server, 'disk_speed'))[0]?.[1]), 'MB/s')
    await rm(join(server.dataDir, 'media'), { recursive: true })
    await writeFile(join(server.dataDir, 'media'), '')
    assert.is((await tell(server, 'media'))[0]?.[0], 'problem')
    assert.match(String((await tell(server, 'disk_speed'))[0]?.[1]), 'cannot be written')
  }))

test.run()
