// What error bodies and their requests to wait say, in the shapes in which servers write them.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readVendorError } from '../../../src/providers/openai/vendor-error.ts'
import { findWaitMs } from '../../../src/providers/openai/wait.ts'

const test = suite('providers/openai/vendor-error')

const read = (value: unknown) => readVendorError(Buffer.from(JSON.stringify(value)))

test('OpenAI: an object with message, type, param and code', () => {
  const error = { message: 'No.', type: 'invalid_request_error', param: 'size', code: 'invalid_value' }
  assert.equal(read({ error }), { ...error, isHtml: false })
  assert.equal(read({ error: { ...error, param: null, code: null } }), {
    ...error,
    param: undefined,
    code: undefined,
    isHtml: false,
  })
  assert.is(read({ error: { message: 'No.', code: 429 } }).code, '429')
})

test('self-hosted servers: a string as error, detail or message, or plain text', () => {
  for (const body of [
    { error: 'No.' },
    { detail: 'No.' },
    { message: 'No.' },
    [{ error: { message: 'No.' } }],
  ]) {
    assert.is(read(body).message, 'No.')
  }
  assert.is(readVendorError(Buffer.from('  No.\n')).message, 'No.')
  assert.is(read({ detail: { error: { message: 'No.', code: 'x' } } }).code, 'x')
})

test('FastAPI: a list of bad fields, without what was sent', () => {
  const detail = [
    { type: 'missing', loc: ['body', 'image'], msg: 'Field required', input: 'secret' },
    { type: 'int', loc: ['body', 'n', 0], msg: 'Not a number', input: 'secret' },
    'something else',
  ]
  const { message, param } = read({ detail })
  assert.is(message, 'image: Field required; n.0: Not a number; something else')
  assert.is(param, 'image')
})

test('a page is known as one and gives its title', () => {
  const page = readVendorError(Buffer.from('\n<!DOCTYPE html><html><head><title> 502 Bad Gateway </title>'))
  assert.equal([page.message, page.isHtml], ['502 Bad Gateway', true])
})

test('nothing, and things that are no errors, say nothing', () => {
  for (const body of ['', '[]', '{}', '{"error":null}', '{"error":{}}', '{"detail":[]}']) {
    assert.is(readVendorError(Buffer.from(body)).code, undefined)
    if (body) assert.match(readVendorError(Buffer.from(body)).message, /^(\[\])?$/)
  }
})

test('a wait is in the headers, the finest first, else in the words', () => {
  assert.is(findWaitMs({ 'retry-after-ms': '1500', 'retry-after': '9' }, 'try again in 3s'), 1_500)
  assert.is(findWaitMs({ 'retry-after': '0.25' }, ''), 250)
  assert.is(findWaitMs({ 'retry-after-ms': 'soon' }, 'Please try again in 232ms.'), 232)
  assert.is(findWaitMs({}, ''), undefined)
  const inAMinute = findWaitMs({ 'retry-after': new Date(Date.now() + 60_000).toUTCString() }, '') ?? 0
  assert.ok(inAMinute > 50_000 && inAMinute <= 60_000)
  assert.is(findWaitMs({ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, ''), 0)
})

test('words about waiting are read in every unit', () => {
  const waits: readonly [string, number | undefined][] = [
    ['Please try again in 12s.', 12_000],
    ['… try again after 51.84 seconds.', 51_840],
    ['Please try again in 6m0s. Visit https://platform.openai.com', 360_000],
    ['Please try again in 1h2m3.5s', 3_723_500],
    ['Retry in 2 minutes', 120_000],
    ['please retry after 300 milliseconds', 300],
    ['Please try again later.', undefined],
    ['It took 12s. Contact us.', undefined],
  ]
  for (const [message, expected] of waits) assert.is(findWaitMs({}, message), expected, message)
})

test.run()
