import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError, type ErrorCode } from '../../src/errors.ts'
import type { UsualLatency } from '../../src/providers/provider.ts'
import { budgetOf, pauseBeforeRetry, retryRuleOf, usualWhenUnderWay } from '../../src/worker/plan.ts'

const test = suite('worker/plan')

const own: UsualLatency = { p50Ms: 10_000, p90Ms: 20_000 }
const next: UsualLatency = { p50Ms: 5_000, p90Ms: 8_000 }

const budgets: [
  name: string,
  leftMs: number,
  next: UsualLatency | undefined,
  expected: number | undefined,
][] = [
  ['the last provider gets all that is left', 46_500, undefined, 46_500],
  ['the last one starts with exactly its usual time', 10_000, undefined, 10_000],
  ['the last one does not start with a millisecond less', 9_999, undefined, undefined],
  ['nobody starts when the time is over', -1, undefined, undefined],
  ['the next one keeps its slow time', 30_000, next, 22_000],
  ['both fit exactly', 18_000, next, 10_000],
  ['where both do not fit this one gets everything', 17_999, next, 17_999],
  ['with somebody behind it does not start without its usual time either', 9_999, next, undefined],
  ['with somebody behind it is waited for no longer than it is worth', 90_000, next, 30_000],
]
for (const [name, leftMs, follower, expected] of budgets) {
  test(name, () => assert.is(budgetOf(leftMs, own, follower), expected))
}

test('patience is one and a half slow times, two and a half usual ones, two seconds at least', () => {
  const patienceOf = (usual: UsualLatency) => budgetOf(1_000_000, usual, next)
  assert.is(patienceOf({ p50Ms: 10_000, p90Ms: 20_000 }), 30_000)
  assert.is(patienceOf({ p50Ms: 10_000, p90Ms: 11_000 }), 25_000)
  assert.is(patienceOf({ p50Ms: 10, p90Ms: 20 }), 2_000)
})

test('work under way is asked for with whatever is left, and its follower keeps its time where it can', () => {
  const left = (leftMs: number, follower?: UsualLatency) =>
    budgetOf(leftMs, usualWhenUnderWay(own, leftMs), follower)
  assert.is(left(3_000), 3_000)
  assert.is(left(3_000, next), 3_000)
  assert.is(left(30_000, next), 22_000)
  assert.is(left(-1), undefined)
})

const rules: [code: ErrorCode, atMost: number][] = [
  ['content_blocked', 0],
  ['quota_exhausted', 0],
  ['auth_config', 0],
  ['bad_input', 0],
  ['provider_timeout', 0],
  ['budget_exhausted', 0],
  ['internal_error', 0],
  ['no_image', 4],
  ['rate_limited', 4],
  ['provider_unavailable', 4],
  ['bad_response', 4],
]
for (const [code, atMost] of rules) {
  test(`${code} is retried ${atMost === 0 ? 'never' : 'four times, three seconds apart'}`, () => {
    assert.equal(retryRuleOf(new AppError(code)), { atMost, afterMs: atMost === 0 ? 0 : 3_000 })
  })
}

test('a hint of the vendor counts for more than the code, but never for a refusal', () => {
  const retryHint = { atMost: 1, afterMs: 700 }
  assert.equal(retryRuleOf(new AppError('provider_timeout', { retryHint })), retryHint)
  assert.equal(retryRuleOf(new AppError('rate_limited', { retryHint })), retryHint)
  assert.is(retryRuleOf(new AppError('content_blocked', { retryHint })).atMost, 0)
})

const rule = { atMost: 4, afterMs: 3_000 }
const retries: [
  name: string,
  question: Parameters<typeof pauseBeforeRetry>[0],
  expected: number | undefined,
][] = [
  [
    'the first failure is followed by a pause',
    { calls: 1, rule, leftMs: 40_000, own, next: undefined },
    3_000,
  ],
  ['the fifth call is the last', { calls: 5, rule, leftMs: 400_000, own, next: undefined }, undefined],
  [
    'so it is when the vendor hints at more',
    { calls: 5, rule: { atMost: 9, afterMs: 1 }, leftMs: 400_000, own, next: undefined },
    undefined,
  ],
  ['the fourth is not', { calls: 4, rule, leftMs: 40_000, own, next: undefined }, 3_000],
  [
    'a rule for one retry allows one',
    { calls: 1, rule: { atMost: 1, afterMs: 5 }, leftMs: 40_000, own, next: undefined },
    5,
  ],
  [
    'and no second',
    { calls: 2, rule: { atMost: 1, afterMs: 5 }, leftMs: 40_000, own, next: undefined },
    undefined,
  ],
  ['pause and usual time fit exactly', { calls: 1, rule, leftMs: 13_000, own, next: undefined }, 3_000],
  ['they do not fit', { calls: 1, rule, leftMs: 12_999, own, next: undefined }, undefined],
  [
    'pause, usual time and the slow time of the next one fit exactly',
    { calls: 1, rule, leftMs: 21_000, own, next },
    3_000,
  ],
  ['the next one would lose its time', { calls: 1, rule, leftMs: 20_999, own, next }, undefined],
]
for (const [name, question, expected] of retries) {
  test(`again or not: ${name}`, () => assert.is(pauseBeforeRetry(question), expected))
}

test.run()
