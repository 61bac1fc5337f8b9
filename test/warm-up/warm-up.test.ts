import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../src/errors.ts'
import { parseTimetable } from '../../src/warm-up/timetable.ts'
import { startWarmUp } from '../../src/warm-up/warm-up.ts'
import { startGeminiEmulator } from '../emulators/gemini.ts'
import { startOpenaiEmulator } from '../emulators/openai.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'

const test = suite('warm-up')

async function warm(server: TestServer) {
  const warming = startWarmUp(server.app, { atStart: true, timetable: [] })
  await warming.settled()
  await warming.stop()
  const done = server.logged.find(({ event }) => event === 'warm_up.done')
  return { tookMs: Object.keys((done?.took_ms ?? {}) as object).sort(), failed: done?.failed }
}

async function withServer(
  work: (server: TestServer) => Promise<void>,
  options: Parameters<typeof openTestServer>[0] = {},
) {
  const server = await openTestServer({ workers: 0, ...options })
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

test('effects, database and store are woken, without a job, and nothing is left over', () =>
  withServer(async (server) => {
    assert.equal(await warm(server), {
      tookMs: [
        'database',
        'media',
        'picture/slot-001/local',
        'picture/slot-002/local',
        'picture/slot-003/local',
      ],
      failed: undefined,
    })
    assert.is((await server.app.reader.list({}, 10)).length, 0)
  }))

test('a paid vendor is only asked about its key; a server of one’s own paints a picture', async () => {
  const gemini = await startGeminiEmulator()
  const own = await startOpenaiEmulator({ personality: 'selfhosted' })
  try {
    await withServer(
      async (server) => {
        const { slots } = server.app
        const settings = { prompt: 'paint it' }
        await slots.update('slot-001', { providerId: 'gemini', operationId: 'image_edit', settings })
        await slots.update('slot-002', { providerId: 'openai', operationId: 'image_edit', settings })
        await warm(server)
        assert.equal(
          gemini.requests.map(({ method }) => method),
          ['GET'],
        )
        assert.ok(own.requests.some(({ method }) => method === 'POST'))
      },
      { gemini_api_key: 'a-key-of-gemini', gemini_base_url: gemini.url, openai_base_url: own.url },
    )
  } finally {
    await Promise.all([gemini.close(), own.close()])
  }
})

test('what fails is a warning, and the rest is woken all the same', () =>
  withServer(async (server) => {
    await useEcho(server, 'slot-001', { fail: 'auth_config' })
    const { tookMs, failed } = await warm(server)
    assert.equal(failed, ['picture/slot-001/echo'])
    assert.ok(tookMs.includes('picture/slot-003/local'))
    const warning = server.logged.find(({ event }) => event === 'warm_up.failed')
    assert.equal([warning?.level, warning?.target], ['warn', 'picture/slot-001/echo'])
  }))

test('stopping ends the picture that is being made', () =>
  withServer(async (server) => {
    await useEcho(server, 'slot-001', { delay_ms: 100_000 })
    const warming = startWarmUp(server.app, { atStart: true, timetable: [] })
    await warming.stop()
    assert.not(server.logged.some(({ event }) => event === 'warm_up.done'))
  }))

test('times of day and expressions of cron', () => {
  assert.equal(parseTimetable('07:30, 18:05'), ['30 7 * * *', '5 18 * * *'])
  assert.equal(parseTimetable('*/10 9-17 * * 1-5'), ['*/10 9-17 * * 1-5'])
  for (const wrong of ['25:00', 'soon', '7', '61 7 * * *', '07:30,']) {
    assert.throws(
      () => parseTimetable(wrong),
      (error: unknown) =>
        error instanceof AppError && /PHOTOCHANGER_WARM_UP_AT must be times/.test(error.message),
    )
  }
})

test.run()
