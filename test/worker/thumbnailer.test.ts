import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLog } from '../../src/lib/log.ts'
import { createThumbnailer } from '../../src/worker/thumbnailer.ts'
import { until } from '../support/until.ts'

const test = suite('worker/thumbnailer')
const log = await createLog({ level: 'silent' })

/** Each thumbnail is finished by the test. */
function setup() {
  const begun: string[] = []
  const finish: ((error?: Error) => void)[] = []
  const thumbnailer = createThumbnailer(
    {
      ensureThumbnail: (jobId) =>
        new Promise((resolve, reject) => {
          begun.push(jobId)
          finish.push((error) => (error ? reject(error) : resolve(jobId)))
        }),
    },
    log,
  )
  return { thumbnailer, begun, finish }
}

test('they are made one at a time, in their order, also after one that failed', async () => {
  const { thumbnailer, begun, finish } = setup()
  for (const id of ['a', 'b', 'c']) thumbnailer.request(id, `results/${id}.jpg`)
  assert.equal(begun, ['a'])
  finish[0]?.(new Error('disk full'))
  await until(() => begun.length === 2, 'the second begins')
  finish[1]?.()
  await until(() => begun.length === 3, 'the third begins')
  finish[2]?.()
  await thumbnailer.stop()
  assert.equal(begun, ['a', 'b', 'c'])
})

test('a rush leaves out what it cannot hold, and later ones are made again', async () => {
  const { thumbnailer, begun, finish } = setup()
  for (let at = 0; at < 150; at += 1) thumbnailer.request(String(at), 'x')
  for (let at = 0; at < 101; at += 1) {
    await until(() => begun.length > at, 'the next begins')
    finish[at]?.()
  }
  await thumbnailer.stop()
  assert.is(begun.length, 101)
  thumbnailer.request('later', 'x')
  assert.is(begun.at(-1), 'later')
  finish.at(-1)?.()
  await thumbnailer.stop()
})

test('stopping waits for the one that is being made and leaves the rest', async () => {
  const { thumbnailer, begun, finish } = setup()
  thumbnailer.request('a', 'x')
  thumbnailer.request('b', 'x')
  const stopped = thumbnailer.stop()
  finish[0]?.()
  await stopped
  assert.equal(begun, ['a'])
})

test.run()
