import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseGeneration, parseProblem } from '../../../src/providers/gemini/answer.ts'
import { readExhaustion } from '../../../src/providers/gemini/quota.ts'
import { findRefusal } from '../../../src/providers/gemini/refusals.ts'

const test = suite('providers/gemini/answer')

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const picture = (data: string) => ({ inlineData: { mimeType: 'image/png', data } })
const withParts = (parts: unknown) => ({ candidates: [{ content: { parts }, finishReason: 'STOP' }] })

test('the last picture is found among whatever else there is', () => {
  for (const [parts, expected] of [
    [[picture('a')], 'a'],
    [[{ text: 'x' }, picture('a'), picture('b'), { text: 'y' }], 'b'],
    [[picture('a'), { ...picture('b'), thought: true }], 'a'],
    [[{ inline_data: { mime_type: 'image/png', data: 'a' } }], 'a'],
    [[null, 'x', 7, [], { inlineData: null }, { inlineData: 'x' }, picture('a'), { inlineData: {} }], 'a'],
    [[{ ...picture('a'), text: null, thought: null }], 'a'],
    [[{ ...picture('a'), thought: true }], undefined],
    [null, undefined],
    ['parts', undefined],
    [{}, undefined],
  ]) {
    assert.is(parseGeneration(bytes(withParts(parts)))?.picture, expected, JSON.stringify(parts))
  }
})

test('an answer inside an array is taken out of it', () => {
  assert.is(parseGeneration(bytes([withParts([picture('a')])]))?.picture, 'a')
  assert.is(parseProblem(bytes([{ error: { message: 'no' } }])).message, 'no')
})

test('reasons are read in either case, and without a candidate', () => {
  const snake = parseGeneration(bytes({ candidates: [{ finish_reason: 'OTHER', finish_message: 'm' }] }))
  assert.equal([snake?.finishReason, snake?.finishMessage], ['OTHER', 'm'])
  const blocked = parseGeneration(bytes({ prompt_feedback: { block_reason: 'SAFETY' }, response_id: 'r' }))
  assert.equal([blocked?.blockReason, blocked?.responseId, blocked?.picture], ['SAFETY', 'r', undefined])
})

test('a picture counts only where the answer has come to its end', () => {
  const codeOf = (finishReason?: string) => {
    const candidate = { content: { parts: [picture('a')] }, ...(finishReason && { finishReason }) }
    const generation = parseGeneration(bytes({ candidates: [candidate] }))
    return generation && findRefusal(generation)?.code
  }
  for (const finishReason of [undefined, 'STOP', 'MAX_TOKENS', 'FINISH_REASON_UNSPECIFIED']) {
    assert.is(codeOf(finishReason), undefined, finishReason)
  }
  assert.is(codeOf('IMAGE_OTHER'), 'no_image')
  assert.is(codeOf('IMAGE_SAFETY'), 'content_blocked')
})

test('nothing that can be sent makes the parser throw', () => {
  for (const body of ['', 'null', '[]', '7', '"x"', '<html>', '{', '[null]', '\ufeff{}']) {
    assert.is(parseGeneration(bytes(body)), undefined, body)
    assert.equal(parseProblem(bytes(body)), { message: '', status: '', details: [] }, body)
  }
  for (const body of [
    {},
    { candidates: null },
    { candidates: {} },
    { candidates: [null] },
    { candidates: [7] },
  ]) {
    assert.is(parseGeneration(bytes(body))?.picture, undefined)
  }
  for (const error of [{}, { details: 'x' }, { details: [{ violations: 'x' }] }, { details: [null] }]) {
    assert.is(parseProblem(bytes({ error })).message, '')
  }
})

const violation = (quotaId: string, quotaValue: unknown = '10') => ({ violations: [{ quotaId, quotaValue }] })
const problem = (details: unknown[], message = '') => parseProblem(bytes({ error: { message, details } }))

test('a quota of the day is not taken for a pause, whatever delay is named', () => {
  const delay = { retryDelay: '22s' }
  const perDay = violation('GenerateRequestsPerDayPerProjectPerModel-FreeTier')
  const perMinute = violation('GenerateRequestsPerMinutePerProject')
  assert.equal(readExhaustion(problem([perDay, delay]), undefined), { kind: 'day' })
  assert.equal(readExhaustion(problem([perMinute, perDay, delay]), undefined), { kind: 'day' })
  assert.equal(readExhaustion(problem([perMinute, delay]), undefined), { kind: 'rate', waitMs: 22_000 })
  assert.equal(readExhaustion(problem([violation('PerMinute', '0'), delay]), undefined), { kind: 'none' })
  assert.equal(readExhaustion(problem([violation('PerMinute', 0), delay]), undefined), { kind: 'none' })
  assert.equal(readExhaustion(problem([delay], 'metric: x, limit: 0, model: y'), undefined), { kind: 'none' })
  assert.equal(readExhaustion(problem([], 'You exceeded your spend limit'), undefined), { kind: 'spent' })
})

test('the pause is taken from wherever it is told', () => {
  for (const [details, message, retryAfter, waitMs] of [
    [[{ retryDelay: '3.299376739s' }], 'Please retry in 9s.', '8', 3_300],
    [[{ retryDelay: 'soon' }], 'Please retry in 10.689924287s.', '8', 10_690],
    [[], 'x', '8', 8_000],
    [[], 'limit: 100', 'Wed, 21 Oct 2026 07:28:00 GMT', 5_000],
    [[], '', undefined, 5_000],
  ] as const) {
    assert.equal(readExhaustion(problem([...details], message), retryAfter), { kind: 'rate', waitMs })
  }
})

test.run()
