import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Check, fine, problem } from '../../src/doctor/check.ts'
import { isSound, runChecks } from '../../src/doctor/run-checks.ts'
import { rejectionOf } from '../support/rejection.ts'

const test = suite('doctor/run-checks')
const { signal } = new AbortController()

const check = (id: string, run: Check['run'], limitMs?: number): Check => ({
  ...{ id, theme: id, kind: 'quick', run },
  ...(limitMs !== undefined && { limitMs }),
})

test('a check that throws is a problem of its own, and the others go on', async () => {
  const told: string[] = []
  const results = await runChecks(
    [
      check('first', async () => {
        throw new Error('out of luck')
      }),
      check('second', async () => [fine('good'), problem('bad')]),
    ],
    { signal, onStart: ({ id }) => told.push(`start ${id}`), onResult: ({ id }) => told.push(id) },
  )
  assert.equal(
    results.map(({ id, status }) => [id, status]),
    [
      ['first', 'problem'],
      ['second', 'ok'],
      ['second/2', 'problem'],
    ],
  )
  assert.equal(results[0]?.finding, problem('check_failed', { problem: 'out of luck' }))
  assert.equal(told, ['start first', 'first', 'start second', 'second', 'second/2'])
  assert.not(isSound(results))
})

test('a check that does not end is given up after its time', async () => {
  const [result] = await runChecks([check('stuck', () => new Promise(() => {}), 20)], { signal })
  assert.equal(result?.finding, problem('too_slow', { limit_ms: 20 }))
})

test('whoever interrupts gets no report', async () => {
  const stopping = new AbortController()
  const running = runChecks([check('stuck', () => new Promise(() => {}))], { signal: stopping.signal })
  stopping.abort(new Error('enough'))
  assert.match(String(await rejectionOf(running)), 'enough')
})

test.run()
