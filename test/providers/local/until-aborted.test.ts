import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { untilAborted } from '../../../src/providers/local/until-aborted.ts'
import { rejectionOf } from '../../support/rejection.ts'

const test = suite('providers/local/until-aborted')

const endless = new Promise<never>(() => {})

test('work that does not end is left when the signal fires', async () => {
  const controller = new AbortController()
  const reason = new Error('the window has closed')
  const waiting = rejectionOf(untilAborted(endless, controller.signal))
  controller.abort(reason)
  assert.is(await waiting, reason)
})

test('a signal that has fired before is noticed', async () => {
  const reason = new Error('too late already')
  assert.is(await rejectionOf(untilAborted(endless, AbortSignal.abort(reason))), reason)
})

test('work that fails after it was left disturbs nobody', async () => {
  const controller = new AbortController()
  const { promise, fail } = createFailing()
  const waiting = rejectionOf(untilAborted(promise, controller.signal))
  controller.abort(new Error('the window has closed'))
  await waiting
  const unhandled: unknown[] = []
  const note = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', note)
  fail(new Error('its folder is gone'))
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  assert.equal(unhandled, [])
})

function createFailing() {
  let fail: (error: Error) => void = () => {}
  const promise = new Promise<never>((_, reject) => {
    fail = reject
  })
  return { promise, fail }
}

test('the outcome of work that ends in time is passed on', async () => {
  const { signal } = new AbortController()
  assert.is(await untilAborted(Promise.resolve('done'), signal), 'done')
  const broken = new Error('broken')
  assert.is(await rejectionOf(untilAborted(Promise.reject(broken), signal)), broken)
})

test.run()
