import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startVitalSigns } from '../../src/health/vital-signs.ts'
import { createTestClock } from '../support/clock.ts'
import { addPicture, startJob } from '../support/finished.ts'
import { openTestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('health/vital-signs')

test('a worker is seen while it lives, and what it ends is noted with the booth', async () => {
  const clock = createTestClock(Date.now())
  const server = await openTestServer({ workers: 0, clock })
  const { app } = server
  const has = async (key: string) => (await app.health.listConcerns()).some((each) => each.key === key)
  try {
    assert.ok(await has('workers_missing'))
    const signs = startVitalSigns(app, { kind: 'worker', concurrency: 2 })
    await until(async () => !(await has('workers_missing')), 'the worker is seen')
    for (let at = 0; at < 5; at += 1)
      await addPicture(app, { fields: { name: 'BOOTH-7' }, degradedReason: 'no_image' })
    await addPicture(app, { isTest: true, fields: { name: 'A test' } })
    await signs.stop()
    assert.ok(await has('workers_missing'))
    assert.ok(await has('many_poor'))
    assert.equal(await app.sightings.countRecent(), { ended: 5, poor: 5 })
    assert.equal(
      (await app.sightings.listBooths(9)).map(({ name }) => name),
      ['BOOTH-7'],
    )
    clock.advance(17 * 60_000)
    assert.not(await has('many_poor'))
  } finally {
    await server.close()
  }
})

test('a process that dies without a word is forgotten, and a queue that nobody works on is told', async () => {
  const clock = createTestClock(Date.now())
  const server = await openTestServer({ workers: 0, clock })
  const { health } = server.app
  try {
    await health.workers.enlist({ kind: 'serve', concurrency: 4 }).beat()
    assert.is(await health.workers.countLanes(), 4)
    clock.advance(32_000)
    assert.is(await health.workers.countLanes(), 0)
    await startJob(server.app)
    assert.is((await health.read()).figures?.queue.running, 1)
  } finally {
    await server.close()
  }
})

test.run()
