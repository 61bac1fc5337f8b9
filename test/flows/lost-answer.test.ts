// PostgreSQL goes away while a photo's job is committed: whether the job is there is not known then.
import { sql } from 'kysely'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readError, sendPhoto } from '../support/booth.ts'
import { createTestClock } from '../support/clock.ts'
import { makePostgres } from '../support/postgres.ts'
import { openTestServer } from '../support/server.ts'

const test = suite('flows/lost-answer')

test('a photo whose job may be in the queue is kept until a sweep knows better', async () => {
  const postgres = await makePostgres()
  const clock = createTestClock(Date.now())
  const server = await openTestServer({ database_url: postgres.url, workers: 0, clock })
  const { app, url, password } = server
  const listPayloads = async () => {
    const keys: string[] = []
    for await (const { key } of app.store.list('payloads/')) keys.push(key)
    return keys
  }
  try {
    await sql`create function die() returns trigger language plpgsql as
      'begin perform pg_terminate_backend(pg_backend_pid()); return null; end'`.execute(app.db.query)
    await sql`create constraint trigger die after insert on jobs
      deferrable initially deferred for each row execute function die()`.execute(app.db.query)
    const answer = await sendPhoto(url, 'slot-001', { password })
    assert.is(answer.status, 503)
    assert.is((await readError(answer)).code, 'queue_unavailable')
    assert.is((await listPayloads()).length, 1)

    await app.sweeper.sweep({ scope: 'media_objects' })
    assert.is((await listPayloads()).length, 1, 'it is young')
    clock.advance(11 * 60_000)
    await app.sweeper.sweep({ scope: 'media_objects' })
    assert.equal(await listPayloads(), [])
  } finally {
    await server.close()
    await postgres.remove()
  }
})

test.run()
