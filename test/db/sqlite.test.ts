import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openSqlite } from '../../src/db/sqlite.ts'
import { AppError } from '../../src/errors.ts'
import { databaseContract } from '../suites/database.suite.ts'
import { makeFolder } from '../support/folder.ts'

databaseContract('db/sqlite (file)', async () => {
  const folder = await makeFolder()
  const path = join(folder.path, 'test.db')
  const db = openSqlite({ path, busyTimeoutMs: 5000 })
  return {
    db,
    openSecond: async () => openSqlite({ path, busyTimeoutMs: 5000 }),
    async close() {
      await db.close()
      await folder.remove()
    },
  }
})

databaseContract('db/sqlite (memory)', async () => {
  const db = openSqlite({ path: ':memory:', busyTimeoutMs: 5000 })
  return { db, close: () => db.close() }
})

const test = suite('db/sqlite')

test('a database that another process keeps locked is reported as unavailable', async () => {
  const folder = await makeFolder()
  const path = join(folder.path, 'test.db')
  const holder = openSqlite({ path, busyTimeoutMs: 5000 })
  const other = openSqlite({ path, busyTimeoutMs: 1 })
  await holder.write(async () => {
    const error = await other.write(async () => undefined).catch((caught) => caught)
    assert.instance(error, AppError)
    assert.is(error.code, 'queue_unavailable')
  })
  await holder.close()
  await other.close()
  await folder.remove()
})

test('a file that is no database is reported as unavailable and left as it is', async () => {
  const folder = await makeFolder()
  const path = join(folder.path, 'photo.db')
  await writeFile(path, 'this is not a database, but somebody may need it'.repeat(50))
  try {
    openSqlite({ path, busyTimeoutMs: 1 })
    assert.unreachable()
  } catch (error) {
    assert.instance(error, AppError)
    assert.is((error as AppError).code, 'queue_unavailable')
  }
  await folder.remove()
})

test.run()
