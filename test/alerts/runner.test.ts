// Two runners on one database stand for two servers; the receiver is real HTTP.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createDeliver } from '../../src/alerts/deliver.ts'
import { createAlertRunner } from '../../src/alerts/runner.ts'
import { translatorOf } from '../../src/console/texts.ts'
import type { Concern } from '../../src/health/concern.ts'
import { createTestClock } from '../support/clock.ts'
import { openReceiver, type Received } from '../support/receiver.ts'
import { openTestServer } from '../support/server.ts'

const test = suite('alerts/runner')

async function withRig(
  work: (rig: {
    server: Awaited<ReturnType<typeof openTestServer>>
    clock: ReturnType<typeof createTestClock>
    received: Received[]
    url: string
    answer: { status: number }
    concerns: Concern[]
    look(): Promise<unknown>
  }) => Promise<void>,
) {
  const clock = createTestClock(Date.now())
  const server = await openTestServer({ workers: 0, clock })
  const receiver = await openReceiver()
  const { received, answer } = receiver
  const url = `${receiver.url}/topic-secret`
  const concerns: Concern[] = []
  const createOne = () =>
    createAlertRunner({
      ...server.app,
      health: { listConcerns: async () => concerns },
      translatorOf,
      deliver: createDeliver({ stopping: new AbortController().signal, wait: async () => undefined }),
    })
  const [one, other] = [createOne(), createOne()]
  try {
    await work({
      ...{ server, clock, received, url, answer, concerns },
      look: async () => {
        clock.advance(15_000)
        await Promise.all([one.look(), other.look()])
      },
    })
  } finally {
    await receiver.close()
    await server.close()
  }
}

const full: Concern = {
  key: 'disk_full',
  severity: 'bad',
  subject: '',
  values: { free_bytes: 100_000_000, total_bytes: 1e12 },
}

test('what lasts is told once by two servers, again after the cool-down, and its end once', () =>
  withRig(async ({ server, received, url, concerns, look, clock }) => {
    const options = { url, shape: 'json', cooldownMin: 10 } as const
    await server.app.alertSettings.change(options, 'a test')
    concerns.push(full)
    await look()
    await look()
    assert.is(received.length, 0, 'it has not lasted yet')
    await look()
    assert.is(received.length, 1)
    for (let at = 0; at < 4; at += 1) await look()
    assert.is(received.length, 1)
    clock.advance(10 * 60_000)
    await look()
    assert.is(received.length, 2)
    concerns.pop()
    await look()
    await look()
    await look()
    await look()
    assert.equal(
      received.map(({ body }) => JSON.parse(body).event),
      ['raised', 'raised', 'recovered'],
    )
  }))

test('each service gets the form that it knows', () =>
  withRig(async ({ server, received, url, concerns, look, clock }) => {
    concerns.push(full)
    for (const shape of ['ntfy', 'slack', 'telegram', 'json'] as const) {
      await server.app.alertSettings.change(
        { url, shape, chatId: '42', cooldownMin: 1, language: 'ru' },
        'a test',
      )
      clock.advance(120_000)
      await look()
      await look()
      await look()
    }
    const [ntfy, slack, telegram, json] = received
    assert.match(String(ntfy?.headers.title), /^=\?UTF-8\?B\?/)
    assert.is(ntfy?.headers.priority, 'high')
    assert.match(JSON.parse(slack?.body ?? '').text, 'Диск почти заполнен')
    assert.is(JSON.parse(telegram?.body ?? '').chat_id, '42')
    assert.is(JSON.parse(json?.body ?? '').key, 'disk_full')
  }))

test('failing deliveries are a concern without the address, and the message is tried again', () =>
  withRig(async ({ server, received, url, concerns, look, answer }) => {
    await server.app.alertSettings.change({ url }, 'a test')
    concerns.push(full)
    answer.status = 503
    for (let at = 0; at < 3; at += 1) await look()
    assert.is(received.length, 3, 'three tries')
    const found = (await server.app.health.listConcerns()).find(({ key }) => key === 'alerts_undelivered')
    assert.equal(found?.values, { problem: 'HTTP 503' })
    assert.not.match(JSON.stringify(server.logged), 'topic-secret')
    answer.status = 200
    await look()
    assert.is(received.length, 4)
    const after = await server.app.health.listConcerns()
    assert.not(after.some(({ key }) => key === 'alerts_undelivered'))
  }))

test.run()
