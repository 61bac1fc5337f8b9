import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError, type ErrorCode } from '../../src/errors.ts'
import { allPatient, createPatience } from '../../src/worker/patience.ts'
import { rejectionOf } from '../support/rejection.ts'
import { until } from '../support/until.ts'

const test = suite('worker/patience')

const quiet = { warn: () => undefined }

/** Fails with these codes, one a call, then succeeds. */
function failing(...codes: ErrorCode[]) {
  const calls: string[] = []
  return {
    calls,
    async work(name = '') {
      calls.push(name)
      const code = codes.shift()
      if (code) throw new AppError(code)
      return 'done'
    },
  }
}

test('what is away is asked again until it is back, with the same arguments', async () => {
  const { calls, work } = failing('queue_unavailable', 'storage_unavailable')
  const patient = allPatient(createPatience(new AbortController().signal, quiet), { work })
  assert.is(await patient.work('a'), 'done')
  assert.equal(calls, ['a', 'a', 'a'])
})

test('any other failure is passed on at once', async () => {
  const { calls, work } = failing('bad_input')
  const patiently = createPatience(new AbortController().signal, quiet)
  assert.is((await rejectionOf(patiently(work))).code, 'bad_input')
  assert.is(calls.length, 1)
})

test('when the time is over it is tried once more, and no longer', async () => {
  const stopping = new AbortController()
  const { calls, work } = failing(...Array<ErrorCode>(1_000).fill('queue_unavailable'))
  const outcome = rejectionOf(createPatience(stopping.signal, quiet)(() => work()))
  await until(() => calls.length > 0, 'it has begun')
  stopping.abort()
  assert.is((await outcome).code, 'queue_unavailable')
  const soFar = calls.length
  assert.is(
    (await rejectionOf(createPatience(stopping.signal, quiet)(() => work()))).code,
    'queue_unavailable',
  )
  assert.is(calls.length, soFar + 1)
})

test.run()
