// What is missing or broken is broken for real: a folder, a row, the database file.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTestClock } from '../support/clock.ts'
import { breakMedia, mendMedia } from '../support/files.ts'
import { openTestServer, type TestServer } from '../support/server.ts'

const test = suite('health')

async function withServer(
  work: (server: TestServer, clock: ReturnType<typeof createTestClock>) => Promise<void>,
) {
  const clock = createTestClock(Date.now())
  const server = await openTestServer({ workers: 0, clock })
  try {
    await server.app.health.workers.enlist({ kind: 'serve', concurrency: 4 }).beat()
    await work(server, clock)
  } finally {
    await server.close()
  }
}

const keysOf = async ({ app }: TestServer) => (await app.health.listConcerns()).map(({ key }) => key)

test('an installation as it is made has nothing to look at', () =>
  withServer(async (server) => {
    assert.equal(
      (await keysOf(server)).filter((key) => !key.startsWith('disk_')),
      [],
    )
  }))

test('without a booth password no photo is taken', () =>
  withServer(async (server) => {
    await server.app.db.query.deleteFrom('settings').where('key', '=', 'ingest_password').execute()
    const [first] = await server.app.health.listConcerns()
    assert.equal([first?.key, first?.severity], ['ingest_password_missing', 'bad'])
  }))

test('a media store that nothing can be written to is told, with all figures, until it can', () =>
  withServer(async (server, clock) => {
    await breakMedia(server.dataDir)
    const { concerns, figures } = await server.app.health.read()
    assert.equal([concerns[0]?.key, concerns[0]?.severity], ['media_unusable', 'bad'])
    assert.is(figures?.lanes, 4)
    await mendMedia(server.dataDir)
    assert.ok((await keysOf(server)).includes('media_unusable'), 'not asked anew at each look')
    clock.advance(15_000)
    assert.not((await keysOf(server)).includes('media_unusable'))
  }))

test('a database that cannot be read is the first thing told, and there are no figures', () =>
  withServer(async (server) => {
    await server.app.db.query.schema.dropTable('workers').execute()
    const { concerns, figures } = await server.app.health.read()
    assert.equal([concerns[0]?.key, concerns[0]?.severity], ['database_unusable', 'bad'])
    assert.is(figures, undefined)
  }))

test.run()
