import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { migrate } from '../../src/db/migrate.ts'
import { openSqlite } from '../../src/db/sqlite.ts'
import { makeFolder } from '../support/folder.ts'

const test = suite('db/sqlite-integrity')
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

test.run()
