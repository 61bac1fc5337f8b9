// A file that is no database any more, or only half of one.
import { readFile, writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { migrate, readSchema } from '../../src/db/migrate.ts'
import { openSqlite } from '../../src/db/sqlite.ts'
import { makeFolder } from '../support/folder.ts'
import { rejectionOf } from '../support/rejection.ts'

const test = suite('db/sqlite damaged')

const damages: Record<string, (bytes: Buffer) => Buffer> = {
  'no database': (bytes) => bytes.fill(0x5a, 0, 4096),
  'pages that are none': (bytes) => bytes.fill(0xa5, 4096),
  'half of it': (bytes) => bytes.subarray(0, 8192),
}

test('says so, and what to do, and leaves the file as it is', async () => {
  const folder = await makeFolder()
  const path = `${folder.path}/damaged.db`
  try {
    const whole = openSqlite({ path, busyTimeoutMs: 100 })
    await migrate(whole)
    await whole.close()
    const good = await readFile(path)
    for (const [what, damage] of Object.entries(damages)) {
      const bytes = damage(Buffer.from(good))
      await writeFile(path, bytes)
      const error = await rejectionOf(
        (async () => {
          const db = openSqlite({ path, busyTimeoutMs: 100 })
          try {
            await readSchema(db)
            await db.query.selectFrom('slots').selectAll().execute()
          } finally {
            await db.close()
          }
        })(),
      )
      assert.is(error.code, 'queue_unavailable', what)
      assert.match(error.message, /damaged.*backup.*photochanger restore/, what)
      assert.ok((await readFile(path)).equals(bytes), what)
    }
  } finally {
    await folder.remove()
  }
})

test.run()
