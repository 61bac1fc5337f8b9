// What is broken is broken for real: rows, files, a slot that is too slow.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { portrait } from '../support/photos.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'
import { doctorOf, examine, look, tell } from './examine.ts'

const test = suite('doctor/slots')

async function withServer(
  work: (server: TestServer) => Promise<void>,
  options: Parameters<typeof openTestServer>[0] = {},
) {
  const server = await openTestServer(options)
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

test('an installation as it is made has no problem, and its pictures are made in time', () =>
  withServer(async (server) => {
    await server.app.health.workers.enlist({ kind: 'serve', concurrency: 4 }).beat()
    const results = await examine(server, { kinds: ['quick', 'picture'] })
    assert.equal(
      results.filter(({ status }) => status === 'problem'),
      [],
    )
    for (const id of ['slot-001', 'slot-002', 'slot-003']) {
      assert.is(results.find((result) => result.id === `slot/${id}`)?.status, 'ok')
      assert.match(
        results.find((result) => result.id === `picture/${id}`)?.detail ?? '',
        /^Finished after .* of 48 sec/,
      )
    }
    assert.ok(results.every(({ advice, status }) => (advice === null) === (status === 'ok')))
    assert.not(
      results.some(({ title, detail, advice }) => /doctor\.|\{\w+\}/.test(`${title}${detail}${advice}`)),
    )
    assert.is(
      (await server.app.stats.read({ from: 0, to: Date.now() + 1, grouping: 'day' })).summary.ingestCount,
      0,
    )
  }))

test('settings that are no longer valid', () =>
  withServer(
    async (server) => {
      const query = server.app.db.query.updateTable('slots').where('id', '=', 'slot-001')
      await query.set({ settings_json: JSON.stringify({ effect: 'no such' }) }).execute()
      const [[status, detail] = []] = await tell(server, 'slot/slot-001')
      assert.is(status, 'problem')
      assert.match(String(detail), 'settings_json.effect')
      assert.equal(await look(server, 'picture/slot-001'), [])
    },
    { workers: 0 },
  ))

test('a template that is not bound, and one whose file is gone', () =>
  withServer(
    async (server) => {
      const { app } = server
      await app.templates.bind({ slotId: 'slot-001', settingKey: 'frame', localPath: portrait })
      await app.slots.update('slot-001', { providerId: 'local', operationId: 'frame', settings: {} })
      assert.equal((await tell(server, 'slot/slot-001'))[0]?.[0], 'ok')
      const [bound] = await app.templates.listOfSlot('slot-001')
      await app.store.remove(bound?.path ?? '')
      assert.equal(await tell(server, 'slot/slot-001'), [
        ['problem', 'The files of reference pictures are gone: frame.'],
      ])
      await app.db.query.deleteFrom('template_media').execute()
      assert.equal(await tell(server, 'slot/slot-001'), [
        ['problem', 'Reference pictures are missing: frame.'],
      ])
    },
    { workers: 0 },
  ))

test('a provider whose key is gone', () =>
  withServer(
    async (server) => {
      const query = server.app.db.query.updateTable('slots').where('id', '=', 'slot-001')
      const settings_json = JSON.stringify({ prompt: 'paint it' })
      await query.set({ provider_id: 'gemini', operation_id: 'image_edit', settings_json }).execute()
      assert.equal(await tell(server, 'slot/slot-001'), [['problem', 'No usable key: Google Gemini.']])
    },
    { workers: 0 },
  ))

test('no slot that takes photos is a warning', () =>
  withServer(
    async (server) => {
      await server.app.db.query.updateTable('slots').set({ is_enabled: 0 }).execute()
      assert.equal(await tell(server, 'slots'), [['warning', 'No slot takes photos.']])
    },
    { workers: 0 },
  ))

test('a slot that is slower than its window, one that fails, and one that only its offline effect saves', () =>
  withServer(
    async (server) => {
      await useEcho(server, 'slot-001', { delay_ms: 60_000 })
      assert.equal(await tell(server, 'picture/slot-001'), [['problem', 'Not finished within 2 sec.']])
      await useEcho(server, 'slot-001', { fail: 'auth_config' })
      assert.match(
        String(await tell(server, 'picture/slot-001')),
        'problem,No picture: Rehearsed failure: auth_config.',
      )
      await useEcho(server, 'slot-001', { fail: 'auth_config', on_failure: 'local' })
      const [[status, detail] = []] = await tell(server, 'picture/slot-001')
      assert.is(status, 'problem')
      assert.match(
        String(detail),
        /^Guests would get the offline effect, after .*: key or model not accepted\.$/,
      )
    },
    { t_sync_response_seconds: 2 },
  ))

test('while booths use every place it is not in their way', () =>
  withServer(
    async (server) => {
      const waiting = look(server, 'picture/slot-001')
      const { reader } = server.app
      while ((await reader.queueState()).pending === 0) await new Promise(setImmediate)
      assert.equal((await tell(server, 'picture/slot-002'))[0]?.[0], 'warning')
      assert.is((await waiting)[0]?.status, 'problem')
    },
    { workers: 0, queue_max_in_flight_jobs: 1, t_sync_response_seconds: 1 },
  ))

test('everything has Russian words', () =>
  withServer(
    async (server) => {
      for (const { title, detail } of await examine(server, { language: 'ru' })) {
        assert.match(`${title}${detail}`, /[а-яё]/i)
        assert.not.match(`${title}${detail}`, /doctor\.|\{\w+\}/)
      }
      assert.ok((await doctorOf(server).listFurther('ru')).length > 0)
    },
    { workers: 0 },
  ))

test.run()
