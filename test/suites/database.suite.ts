// What every database behind the port must do.
import { sql } from 'kysely'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Database } from '../../src/db/database.ts'
import { migrate } from '../../src/db/migrate.ts'
import { AppError } from '../../src/errors.ts'
import { rejectionOf } from '../support/rejection.ts'

interface Opened {
  db: Database
  /** Another connection to the same data, as another process has it; undefined where there can be none. */
  openSecond?(): Promise<Database>
  close(): Promise<void>
}

export function databaseContract(name: string, open: () => Promise<Opened>): void {
  const test = suite(name)

  async function withDatabase(work: (opened: Opened) => Promise<void>) {
    const opened = await open()
    try {
      await migrate(opened.db)
      await work(opened)
    } finally {
      await opened.close()
    }
  }

  const setting = (key: string) => ({ key, value_json: '{}', updated_at: 1, updated_by: null })
  const keys = async (db: Database) =>
    (await db.query.selectFrom('settings').select('key').orderBy('key').execute()).map(({ key }) => key)

  test('an empty database has the 15 slots after migrating, and migrating again does nothing', () =>
    withDatabase(async ({ db }) => {
      assert.is((await db.query.selectFrom('slots').select('id').execute()).length, 15)
      assert.equal(await migrate(db), [])
    }))

  test('a transaction that rejects leaves nothing behind', () =>
    withDatabase(async ({ db }) => {
      const failing = db.write(async (tx) => {
        await tx.insertInto('settings').values(setting('half')).execute()
        throw new Error('stop here')
      })
      assert.is((await rejectionOf(failing)).message, 'stop here')
      assert.equal(await keys(db), [])
    }))

  test('transactions that are started at once run one after another and all count', () =>
    withDatabase(async ({ db }) => {
      await db.query
        .insertInto('settings')
        .values({ ...setting('n'), value_json: '0' })
        .execute()
      await Promise.all(
        Array.from({ length: 20 }, () =>
          db.write(async (tx) => {
            const row = await tx.selectFrom('settings').selectAll().where('key', '=', 'n').executeTakeFirst()
            const next = String(Number(row?.value_json) + 1)
            await tx.updateTable('settings').set({ value_json: next }).where('key', '=', 'n').execute()
          }),
        ),
      )
      const row = await db.query.selectFrom('settings').selectAll().executeTakeFirstOrThrow()
      assert.is(row.value_json, '20')
    }))

  test('a second row under the same key is told apart from other failures', () =>
    withDatabase(async ({ db }) => {
      await db.query.insertInto('settings').values(setting('one')).execute()
      const again = await db.query
        .insertInto('settings')
        .values(setting('one'))
        .execute()
        .catch((error) => error)
      assert.ok(db.isUniqueViolation(again))
      const broken = await sql`select nothing from nowhere`.execute(db.query).catch((error) => error)
      assert.not(db.isUniqueViolation(broken))
      assert.not(broken instanceof AppError, 'a wrong statement is a bug, not an outage')
    }))

  test('times and counts come back as numbers', () =>
    withDatabase(async ({ db }) => {
      await db.query
        .insertInto('settings')
        .values({ ...setting('t'), updated_at: 1_795_000_000_123 })
        .execute()
      const row = await db.query.selectFrom('settings').selectAll().executeTakeFirstOrThrow()
      assert.is(row.updated_at, 1_795_000_000_123)
    }))

  test('a listener hears the announced id, and nothing more once it has stopped', () =>
    withDatabase(async ({ db }) => {
      const heard: (string | undefined)[] = []
      const stop = db.listen('job.finalized', (id) => heard.push(id))
      db.notify('job.finalized', 'a')
      db.notify('job.queued', 'b')
      stop()
      db.notify('job.finalized', 'c')
      assert.equal(heard, ['a'])
    }))

  test('a listener hears that another process has written', () =>
    withDatabase(async ({ db, openSecond }) => {
      if (!openSecond) return
      const other = await openSecond()
      try {
        const heard = new Promise<void>((resolve) => {
          db.listen('job.finalized', () => resolve())
        })
        await other.query.insertInto('settings').values(setting('from-elsewhere')).execute()
        other.notify('job.finalized', 'x')
        await heard
        assert.equal(await keys(db), ['from-elsewhere'])
      } finally {
        await other.close()
      }
    }))

  test('a closed database can be closed again', async () => {
    const opened = await open()
    await opened.db.close()
    await opened.db.close()
    await opened.close()
  })

  test.run()
}
