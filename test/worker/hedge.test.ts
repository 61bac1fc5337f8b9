import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../src/errors.ts'
import type { CallOutcome } from '../../src/worker/call.ts'
import { withHedge } from '../../src/worker/hedge.ts'
import { createGate } from '../support/gate.ts'
import { rejectionOf } from '../support/rejection.ts'

const test = suite('worker/hedge')

const picture = (path: string): CallOutcome => ({
  kind: 'picture',
  picture: { path, mime: 'image/jpeg' },
  latencyMs: 1,
})
const failed = (): CallOutcome => ({ kind: 'failed', error: new AppError('no_image'), latencyMs: 1 })
const abandoned: CallOutcome = { kind: 'abandoned' }

/** A call that goes on until the test ends it. */
function createCall() {
  const started = createGate<AbortSignal>()
  const outcome = createGate<CallOutcome>()
  return {
    /** Resolves with its signal once it runs. */
    started: started.promise,
    end: outcome.open,
    breakWith: outcome.breakWith,
    run(signal: AbortSignal) {
      started.open(signal)
      return outcome.promise
    },
  }
}

function setup({ afterMs = 0, mayStart = async () => true } = {}) {
  const first = createCall()
  const second = createCall()
  const outer = new AbortController()
  let isOver = false
  let asked = 0
  const done = withHedge({
    afterMs,
    signal: outer.signal,
    first: first.run,
    second: second.run,
    mayStart() {
      asked += 1
      return mayStart()
    },
  }).finally(() => {
    isOver = true
  })
  done.catch(() => undefined) // Looked at below.
  return { first, second, outer, done, isOver: () => isOver, asked: () => asked }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** Everything that was due has run. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('a first call that is quick enough is the only one, and nobody is asked for a second', async () => {
  const { first, done, asked } = setup({ afterMs: 60_000 })
  first.end(picture('first'))
  assert.equal(await done, { first: picture('first'), second: undefined })
  assert.is(asked(), 0)
})

test('a first call that fails before its slow time is over starts no second one', async () => {
  const { first, done, asked } = setup({ afterMs: 60_000 })
  first.end(failed())
  assert.is((await done).second, undefined)
  assert.is(asked(), 0)
})

test('where a second one is not allowed the first is waited for', async () => {
  const { first, done, isOver, asked } = setup({ mayStart: async () => false })
  await first.started
  while (asked() === 0) await settled()
  await settled()
  assert.not(isOver())
  first.end(picture('first'))
  assert.equal(await done, { first: picture('first'), second: undefined })
})

test('a first call that ends while the second is being decided on starts none', async () => {
  const decision = createGate<boolean>()
  const { first, done, asked } = setup({ mayStart: () => decision.promise })
  while (asked() === 0) await settled()
  first.end(picture('first'))
  await settled()
  decision.open(true)
  assert.equal(await done, { first: picture('first'), second: undefined })
})

for (const [winner, loser] of [
  ['first', 'second'],
  ['second', 'first'],
] as const) {
  test(`a picture of the ${winner} stops the ${loser}, whose end is waited for`, async () => {
    const calls = setup()
    const signals = { first: await calls.first.started, second: await calls.second.started }
    calls[winner].end(picture(winner))
    await aborted(signals[loser])
    assert.not(signals[winner].aborted)
    await settled()
    assert.not(calls.isOver())
    calls[loser].end(abandoned)
    const outcome = await calls.done
    assert.equal(outcome[winner], picture(winner))
    assert.equal(outcome[loser], abandoned)
  })

  test(`a failure of the ${loser} leaves the ${winner} its time`, async () => {
    const calls = setup()
    const signals = { first: await calls.first.started, second: await calls.second.started }
    calls[loser].end(failed())
    await settled()
    assert.not(calls.isOver())
    assert.not(signals[winner].aborted)
    calls[winner].end(picture(winner))
    const outcome = await calls.done
    assert.equal(outcome[winner], picture(winner))
    assert.is(outcome[loser]?.kind, 'failed')
  })

  test(`when the ${loser} breaks, the ${winner} is stopped and waited for before that is told`, async () => {
    const calls = setup()
    const signals = { first: await calls.first.started, second: await calls.second.started }
    calls[loser].breakWith(new Error('broken'))
    await aborted(signals[winner])
    await settled()
    assert.not(calls.isOver())
    calls[winner].end(abandoned)
    assert.is((await rejectionOf(calls.done)).message, 'broken')
  })
}

test('when the decision breaks, the first call is stopped and waited for before that is told', async () => {
  const calls = setup({ mayStart: () => Promise.reject(new Error('no database')) })
  await aborted(await calls.first.started)
  await settled()
  assert.not(calls.isOver())
  calls.first.end(abandoned)
  assert.is((await rejectionOf(calls.done)).message, 'no database')
})

test('when both fail both failures are told', async () => {
  const { first, second, done } = setup()
  await second.started
  first.end(failed())
  second.end(failed())
  const outcome = await done
  assert.equal([outcome.first.kind, outcome.second?.kind], ['failed', 'failed'])
})

test('the end of the job stops both with its own reason', async () => {
  const { first, second, outer, done, isOver } = setup()
  const signals = [await first.started, await second.started]
  const reason = new Error('the window has closed')
  outer.abort(reason)
  for (const signal of signals) assert.is(signal.reason, reason)
  first.end(abandoned)
  await settled()
  assert.not(isOver())
  second.end(abandoned)
  await done
})

test('the end of the job before the second call stops the first', async () => {
  const { first, outer, done } = setup({ afterMs: 60_000 })
  const signal = await first.started
  outer.abort()
  assert.ok(signal.aborted)
  first.end(abandoned)
  assert.equal(await done, { first: abandoned, second: undefined })
})

test('a job that has ended already starts with a signal that has fired', async () => {
  const signals: AbortSignal[] = []
  await withHedge({
    afterMs: 60_000,
    signal: AbortSignal.abort(),
    mayStart: async () => true,
    async first(signal) {
      signals.push(signal)
      return abandoned
    },
    second: async () => abandoned,
  })
  assert.equal(
    signals.map(({ aborted: isAborted }) => isAborted),
    [true],
  )
})

test.run()
