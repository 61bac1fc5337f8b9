import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError, type ErrorCode } from '../../src/errors.ts'
import { maxAttempts, pauseMs, withAttempts } from '../../src/worker/attempts.ts'
import { createTestClock } from '../support/clock.ts'
import { rejectionOf } from '../support/rejection.ts'

const test = suite('worker/attempts')

/** Fails with the codes in their order, then answers `picture`; each call takes a second. */
function setup(codes: ErrorCode[], deadlineMs = 48_000) {
  const clock = createTestClock()
  const controller = new AbortController()
  const failures: string[] = []
  let calls = 0
  const run = () =>
    withAttempts(
      async () => {
        clock.advance(1000)
        const code = codes[calls]
        calls += 1
        if (code) throw new AppError(code)
        return 'picture'
      },
      {
        clock,
        deadline: clock.now() + deadlineMs,
        signal: controller.signal,
        onFailure: async (attempt, error, latencyMs) => {
          failures.push(`${attempt} ${error.code} ${latencyMs}`)
        },
        pause: async (ms) => clock.advance(ms),
      },
    )
  return { run, controller, failures, calls: () => calls }
}

const codeOf = async (run: () => Promise<unknown>) => (await rejectionOf(run())).code

test('a failure that may pass is tried again', async () => {
  const { run, failures } = setup(['no_image', 'provider_unavailable'])
  assert.is(await run(), 'picture')
  assert.equal(failures, ['1 no_image 1000', '2 provider_unavailable 1000'])
})

test('a refusal is not tried again', async () => {
  const { run, calls } = setup(['content_blocked'])
  assert.is(await codeOf(run), 'content_blocked')
  assert.is(calls(), 1)
})

test('after the last attempt its error stands', async () => {
  const { run, calls } = setup(Array.from({ length: 9 }, () => 'no_image' as const))
  assert.is(await codeOf(run), 'no_image')
  assert.is(calls(), maxAttempts)
})

test('no attempt starts that would begin after the deadline', async () => {
  const { run, calls } = setup(['no_image', 'no_image', 'no_image'], 1000 + pauseMs + 500)
  assert.is(await codeOf(run), 'no_image')
  assert.is(calls(), 2)
})

test('once the signal has fired its reason is thrown and nothing more is called', async () => {
  const { run, controller, calls } = setup(['no_image'])
  controller.abort(new Error('stopped'))
  assert.is((await rejectionOf(run())).message, 'stopped')
  assert.is(calls(), 0)
})

test('an error that is no AppError is a bug and goes up unchanged', async () => {
  const bug = new TypeError('x is not a function')
  const clock = createTestClock()
  const options = {
    clock,
    deadline: clock.now() + 9999,
    signal: new AbortController().signal,
    onFailure: async () => {},
  }
  assert.is(await rejectionOf(withAttempts(() => Promise.reject(bug), options)), bug)
})

test.run()
