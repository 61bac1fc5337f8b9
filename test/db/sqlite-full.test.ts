// A disk that fills up inside a transaction, here as a database that may not grow.
import { sql } from 'kysely'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { migrate } from '../../src/db/migrate.ts'
import { openSqlite } from '../../src/db/sqlite.ts'
import { makeFolder } from '../support/folder.ts'
import { rejectionOf } from '../support/rejection.ts'

const test = suite('db/sqlite on a full disk')

test('a transaction fails with what is to be done, leaves nothing, and the next one works', async () => {
  const folder = await makeFolder()
  const db = openSqlite({ path: `${folder.path}/full.db`, busyTimeoutMs: 100 })
  try {
    await migrate(db)
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db.query)
    await sql.raw(`pragma max_page_count = ${rows[0]?.page_count}`).execute(db.query)
    const insert = (key: string, value_json: string) =>
      db.write((tx) =>
        tx.insertInto('settings').values({ key, value_json, updated_at: 1, updated_by: null }).execute(),
      )
    const error = await rejectionOf(insert('large', JSON.stringify('x'.repeat(1_000_000))))
    assert.is(error.code, 'queue_unavailable')
    assert.match(error.message, 'The disk of the database is full')
    await insert('small', '{}')
    const keys = await db.query.selectFrom('settings').select('key').execute()
    assert.equal(keys, [{ key: 'small' }])
  } finally {
    await db.close()
    await folder.remove()
  }
})

test.run()
