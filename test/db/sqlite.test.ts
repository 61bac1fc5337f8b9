import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Query } from '../../src/db/database.ts'
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

test('only a write that need not be durable does without the sync, whether it succeeds or fails', async () => {
  const folder = await makeFolder()
  const db = openSqlite({ path: join(folder.path, 'test.db'), busyTimeoutMs: 5000 })
  const levelIn = async (query: Query) => {
    const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(query)
    return rows[0]?.synchronous
  }
  const normal = 1
  const full = 2
  assert.is(await db.write(levelIn), full)
  // At once, so that the second one would find the first one's level if they shared it.
  const levels = await Promise.all([db.write(levelIn, { durable: false }), db.write(levelIn)])
  assert.equal(levels, [normal, full])
  const failing = db.write(() => Promise.reject(new Error('on purpose')), { durable: false })
  assert.is(await failing.catch((error: Error) => error.message), 'on purpose')
  assert.is(await levelIn(db.query), full)
  await db.close()
  await folder.remove()
})

test.run()
