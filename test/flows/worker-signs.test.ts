// The real program says that it lives; the test's clock runs ahead to see it forgotten.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorkers } from '../../src/health/workers.ts'
import { makePlace, openByUrl } from '../support/backends.ts'
import { createTestClock } from '../support/clock.ts'
import { startDaemon } from '../support/program.ts'
import { until } from '../support/until.ts'

const test = suite('flows/worker-signs')

test('who stops says goodbye at once, and who is killed is forgotten after half a minute', async () => {
  const { env, databaseUrl, remove } = await makePlace()
  const serve = await startDaemon(['serve', '--port', '0'], env)
  const clock = createTestClock(Date.now())
  const db = openByUrl(databaseUrl)
  const { countLanes } = createWorkers({ db, clock })
  const untilLanes = (lanes: number) =>
    until(async () => (await countLanes()) === lanes, `there are ${lanes} lanes`)
  try {
    await untilLanes(4)
    const worker = await startDaemon(['worker', '--concurrency', '3'], env)
    await untilLanes(7)
    assert.is(await worker.stop(), 0)
    assert.is(await countLanes(), 4)
    const killed = await startDaemon(['worker', '--concurrency', '2'], env)
    await untilLanes(6)
    assert.is(await killed.stop('SIGKILL'), null)
    assert.is(await countLanes(), 6)
    assert.is(await serve.stop(), 0)
    assert.is(await countLanes(), 2)
    clock.advance(60_000)
    assert.is(await countLanes(), 0)
  } finally {
    await serve.stop('SIGKILL')
    await db.close()
    await remove()
  }
})

test.run()
