import { sql } from 'kysely'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { migrate } from '../../src/db/migrate.ts'
import { openPostgres } from '../../src/db/postgres.ts'
import { AppError } from '../../src/errors.ts'
import { databaseContract } from '../suites/database.suite.ts'
import { makePostgres } from '../support/postgres.ts'
import { startCluster } from '../support/postgres-cluster.ts'
import { rejectionOf } from '../support/rejection.ts'
import { until } from '../support/until.ts'

const open = (url: string, statementTimeoutMs = 5_000) =>
  openPostgres({ url, maxConnections: 5, statementTimeoutMs })

databaseContract('db/postgres', async () => {
  const { url, remove } = await makePostgres()
  const db = open(url)
  return {
    db,
    openSecond: async () => open(url),
    async close() {
      await db.close()
      await remove()
    },
  }
})

const test = suite('db/postgres')

async function withDatabase(
  work: (db: ReturnType<typeof open>, url: string) => Promise<void>,
  statementTimeoutMs?: number,
) {
  const { url, remove } = await makePostgres()
  const db = open(url, statementTimeoutMs)
  try {
    await migrate(db)
    await work(db, url)
  } finally {
    await db.close()
    await remove()
  }
}

const codeOf = async (work: Promise<unknown>) => {
  const error = await rejectionOf(work)
  return error instanceof AppError ? error.code : error.message
}

test('a commit whose answer is lost is in doubt, a statement whose answer is lost is not', () =>
  withDatabase(async (db) => {
    await sql`create function die() returns trigger language plpgsql as
      'begin perform pg_terminate_backend(pg_backend_pid()); return null; end'`.execute(db.query)
    const addTrigger = (when: string) =>
      sql
        .raw(`create constraint trigger die after insert on leases
        deferrable ${when} for each row execute function die()`)
        .execute(db.query)
    const write = async () => {
      const row = { name: 'a', holder: 'b', free_at: 1 }
      const error = await rejectionOf(db.write((tx) => tx.insertInto('leases').values(row).execute()))
      assert.instance(error, AppError)
      return error instanceof AppError && { code: error.code, isInDoubt: error.isInDoubt }
    }
    await addTrigger('initially deferred')
    assert.equal(await write(), { code: 'queue_unavailable', isInDoubt: true })
    await sql`drop trigger die on leases`.execute(db.query)
    await addTrigger('initially immediate')
    assert.equal(await write(), { code: 'queue_unavailable', isInDoubt: false })
  }))

test('a write that met another one starts again on what that one has left', () =>
  withDatabase(async (db) => {
    const add = async (key: string) => {
      await db.write(async (tx) => {
        const { count } = await tx
          .selectFrom('settings')
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow()
        if (count === 0)
          await tx
            .insertInto('settings')
            .values({ key, value_json: '{}', updated_at: 1, updated_by: null })
            .execute()
      })
    }
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map(add))
    assert.is((await db.query.selectFrom('settings').select('key').execute()).length, 1)
  }))

test('writes with the same turn wait for each other; a write with no turn does not', () =>
  withDatabase(async (db) => {
    const order: string[] = []
    let go: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      go = resolve
    })
    let entered: () => void = () => undefined
    const isIn = new Promise<void>((resolve) => {
      entered = resolve
    })
    const first = db.write(
      async () => {
        entered()
        await held
        order.push('first')
      },
      { turns: 'enqueue' },
    )
    await isIn
    const second = db.write(async () => void order.push('second'), { turns: 'enqueue' })
    await db.write(async () => void order.push('free'), { turns: 'none' })
    await db.write(async () => void order.push('calls'), { turns: 'calls' })
    go()
    await Promise.all([first, second])
    assert.equal(order, ['free', 'calls', 'first', 'second'])
  }))

test('a statement that takes too long is an outage, and the connection is good again', () =>
  withDatabase(async (db) => {
    assert.is(await codeOf(sql`select pg_sleep(30)`.execute(db.query)), 'queue_unavailable')
    assert.equal((await sql`select 1 as one`.execute(db.query)).rows, [{ one: 1 }])
  }, 300))

test('a transaction in which a failure was swallowed does not look like a success', () =>
  withDatabase(async (db) => {
    const swallowing = db.write(async (tx) => {
      await sql`select nothing from nowhere`.execute(tx).catch(() => undefined)
    })
    assert.match(await codeOf(swallowing), /rolled back/)
  }))

test('rows that are taken are passed over, or waited for', () =>
  withDatabase(async (db) => {
    const free = (tx: typeof db.query, passOver: boolean) =>
      db
        .lockRows(tx.selectFrom('slots').select('id').orderBy('id').limit(1), { passOver })
        .executeTakeFirstOrThrow()
    await db.write(
      async (tx) => {
        assert.is((await free(tx, true)).id, 'slot-001')
        await db.write(async (other) => assert.is((await free(other, true)).id, 'slot-002'), {
          turns: 'none',
        })
      },
      { turns: 'none' },
    )
  }))

test('nobody there, a wrong password or no such database is queue_unavailable', () =>
  withDatabase(async (_db, url) => {
    const elsewhere = (change: (url: URL) => void) => {
      const changed = new URL(url)
      change(changed)
      return changed.href
    }
    for (const wrong of [
      elsewhere((to) => {
        to.port = '1'
      }),
      elsewhere((to) => {
        to.username = 'nobody'
      }),
      elsewhere((to) => {
        to.pathname = '/absent'
      }),
    ]) {
      const db = open(wrong)
      assert.is(await codeOf(sql`select 1`.execute(db.query)), 'queue_unavailable')
      assert.is(await codeOf(db.write(async () => undefined)), 'queue_unavailable')
      await db.close()
    }
  }))

test('a restart of the server is an outage while it lasts; afterwards statements and listeners work again', async () => {
  const cluster = await startCluster()
  const db = open(cluster.urlOf('postgres'), 2_000)
  const other = open(cluster.urlOf('postgres'), 2_000)
  try {
    await migrate(db)
    const heard: (string | undefined)[] = []
    db.listen('job.queued', (id) => heard.push(id))
    await until(() => heard.length === 1, 'it listens')
    other.notify('job.queued', 'before')
    await until(() => heard.includes('before'), 'the first announcement')

    await cluster.stop()
    assert.is(await codeOf(sql`select 1`.execute(db.query)), 'queue_unavailable')
    await cluster.start()

    await until(() => heard.filter((id) => id === undefined).length === 2, 'it listens again')
    assert.is((await db.query.selectFrom('slots').select('id').execute()).length, 15)
    other.notify('job.queued', 'after')
    await until(() => heard.includes('after'), 'an announcement after the restart')
  } finally {
    await db.close()
    await other.close()
    await cluster.remove()
  }
})

test('a connection that turns out to be read-only after a fail-over is not used again', () =>
  withDatabase(async (db, url) => {
    const name = new URL(url).pathname.slice(1)
    await sql.raw(`alter database ${name} set default_transaction_read_only = on`).execute(db.query)
    await sql.raw('set default_transaction_read_only = on').execute(db.query)
    const save = () =>
      db.query
        .insertInto('settings')
        .values({ key: 'k', value_json: '{}', updated_at: 1, updated_by: null })
        .execute()
    assert.is(await codeOf(save()), 'queue_unavailable')
    await db
      .write(async (tx) => {
        await sql.raw('set transaction read write').execute(tx)
        await sql.raw(`alter database ${name} reset default_transaction_read_only`).execute(tx)
      })
      .catch(() => undefined)
    const admin = open(url)
    await sql.raw('set default_transaction_read_only = off').execute(admin.query)
    await sql.raw(`alter database ${name} reset default_transaction_read_only`).execute(admin.query)
    await admin.close()
    await until(
      async () => (await codeOf(save().then(() => Promise.reject(new Error('saved'))))) === 'saved',
      'a new connection can write',
    )
  }))

test.run()
