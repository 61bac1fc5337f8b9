import { rm } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { breakMedia } from '../support/files.ts'
import { openTestServer, type TestServer } from '../support/server.ts'
import { tell } from './examine.ts'

const test = suite('doctor/storage')

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

test('a media store that cannot be used is a problem', () =>
  withServer(async (server) => {
    assert.is((await tell(server, 'media'))[0]?.[0], 'ok')
    assert.match(String((await tell(server, 'disk_speed'))[0]?.[1]), 'MB/s')
    await breakMedia(server.dataDir)
    assert.is((await tell(server, 'media'))[0]?.[0], 'problem')
  }))

test('a folder for unfinished files that is gone has no speed', () =>
  withServer(async (server) => {
    await rm(server.app.store.scratchDir, { recursive: true })
    assert.match(String((await tell(server, 'disk_speed'))[0]?.[1]), 'cannot be written')
  }))

test.run()
