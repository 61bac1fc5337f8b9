import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { afterFailure, type BreakerState, closedBreaker, mayCall } from '../../src/calls/breaker.ts'
import type { ErrorCode } from '../../src/errors.ts'

const test = suite('calls/breaker')

const now = 1_000_000
const failing = (times: number, code: ErrorCode, at = now): BreakerState =>
  Array.from({ length: times }).reduce<BreakerState>((state) => afterFailure(state, code, at), closedBreaker)

for (const code of ['provider_unavailable', 'provider_timeout', 'bad_response', 'rate_limited'] as const) {
  test(`the fifth ${code} in a row opens it for half a minute, the fourth does not`, () => {
    assert.equal(mayCall(failing(4, code), now), { may: true })
    const open = failing(5, code)
    assert.equal(open, { failuresInRow: 5, openUntil: now + 30_000, openReason: code })
    assert.equal(mayCall(open, now + 29_999), { may: false })
    assert.is(mayCall(open, now + 30_000).may, true)
  })
}

for (const [code, forMs] of [
  ['auth_config', 5 * 60_000],
  ['quota_exhausted', 15 * 60_000],
] as const) {
  test(`a single ${code} opens it until an operator may have acted`, () => {
    const open = failing(1, code)
    assert.is(mayCall(open, now + forMs - 1).may, false)
    assert.is(mayCall(open, now + forMs).may, true)
  })
}

for (const code of ['content_blocked', 'no_image', 'bad_input'] as const) {
  test(`${code} is an answer: it ends the row of failures`, () => {
    assert.equal(afterFailure(failing(4, 'provider_unavailable'), code, now), closedBreaker)
    assert.equal(afterFailure(failing(5, 'provider_unavailable'), code, now), closedBreaker)
  })
}

for (const code of ['internal_error', 'queue_unavailable', 'storage_unavailable'] as const) {
  test(`${code} is our own failure and says nothing about the vendor`, () => {
    for (const times of [0, 4, 5]) {
      const state = failing(times, 'provider_unavailable')
      assert.equal(afterFailure(state, code, now), state)
    }
  })
}

test('after the pause one call goes through, and those that come while it runs do not', () => {
  const open = failing(5, 'provider_unavailable')
  const { may, probing } = mayCall(open, now + 30_000)
  assert.is(may, true)
  if (!probing) throw new Error('nobody is kept back')
  assert.is(mayCall(probing, now + 30_001).may, false)
  // A probe whose process has died keeps nobody back for long.
  assert.is(mayCall(probing, now + 45_000).may, true)
})

test('a probe that fails opens it again at once', () => {
  const { probing } = mayCall(failing(5, 'provider_unavailable'), now + 30_000)
  const again = afterFailure(probing ?? closedBreaker, 'provider_timeout', now + 31_000)
  assert.is(mayCall(again, now + 60_999).may, false)
  assert.is(mayCall(again, now + 61_000).may, true)
})

test('the failure of a call that was out already does not shorten a longer pause', () => {
  const open = failing(1, 'quota_exhausted')
  const later = afterFailure(open, 'provider_unavailable', now + 1_000)
  assert.is(later.openReason, 'quota_exhausted')
  assert.is(mayCall(later, now + 15 * 60_000 - 1).may, false)
})

test('a longer reason prolongs a shorter pause', () => {
  const state = afterFailure(failing(5, 'provider_unavailable'), 'quota_exhausted', now + 1_000)
  assert.equal([state.openReason, state.openUntil], ['quota_exhausted', now + 1_000 + 15 * 60_000])
})

test.run()
