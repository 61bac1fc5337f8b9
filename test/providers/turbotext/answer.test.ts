import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAnswer } from '../../../src/providers/turbotext/answer.ts'

const test = suite('providers/turbotext/answer')

const parse = (value: unknown) => parseAnswer(JSON.stringify(value))

test('a flag may be a word', () => {
  for (const success of [true, 'true', 'True']) assert.is(parse({ success })?.isSuccess, true)
  for (const success of [false, 'false']) assert.is(parse({ success })?.isSuccess, false)
  for (const success of [undefined, null, 1, 'yes']) assert.is(parse({ success })?.isSuccess, undefined)
  for (const forbidden_content of [true, 'True']) {
    assert.ok(parse({ forbidden_content })?.isForbidden)
    assert.ok(parse({ data: { forbidden_content } })?.isForbidden)
  }
  assert.not(parse({ data: { forbidden_content: 'False' } })?.isForbidden)
})

test('an id may be a number, and an empty one is none', () => {
  assert.is(parse({ queueid: 42 })?.queueId, '42')
  assert.is(parse({ queueid: '42' })?.queueId, '42')
  for (const queueid of ['', ' ', null, {}, undefined]) assert.is(parse({ queueid })?.queueId, undefined)
})

test('the link at the top counts before the one in data, and that before the list of images', () => {
  const image = ['image/3.png', 'image/4.png']
  const data = { uploaded_image: 'https://a.example/2.png', image }
  assert.is(
    parse({ uploaded_image: 'https://a.example/1.png', data })?.pictureLink,
    'https://a.example/1.png',
  )
  assert.is(parse({ uploaded_image: '', data })?.pictureLink, 'https://a.example/2.png')
  assert.is(parse({ data: { image } })?.pictureLink, 'image/3.png')
  assert.is(parse({ data: { image: 'image/5.png' } })?.pictureLink, 'image/5.png')
  for (const data of [{ image: [] }, { image: null }, [], null, 'x', undefined]) {
    assert.is(parse({ data })?.pictureLink, undefined)
  }
})

test('complaints are told whatever the vendor calls them', () => {
  assert.equal(parse({ error: 'LIMIT', message: 'no more' })?.complaints, ['LIMIT', 'no more'])
  assert.equal(parse({ errors: ['a', 'b'] })?.complaints, ['a', 'b'])
  assert.equal(parse({ data: { error: 'c' } })?.complaints, ['c'])
  assert.equal(parse({ error: '', errors: null, message: 5 })?.complaints, [])
})

test('only reconnect means that it is still running', () => {
  assert.ok(parse({ success: false, action: 'reconnect' })?.isRunning)
  assert.not(parse({ action: 'finish' })?.isRunning)
})

test('what is no JSON object is no answer', () => {
  for (const text of ['', '<html></html>', 'null', '5', '"x"', '{"success":tr']) {
    assert.is(parseAnswer(text), undefined, text)
  }
  assert.is(parseAnswer('[]')?.isSuccess, undefined)
})

test('a success that is broken elsewhere still names its picture, and nothing else does', () => {
  const broken = (success: string, forbidden = 'false') =>
    parseAnswer(
      `{"success":${success},"data":{"prompt":"x"],"forbidden_content":${forbidden}},"uploaded_image":"https:\\/\\/a\\u002eb/1.png"}`,
    )
  const answer = broken('true')
  assert.equal([answer?.isSuccess, answer?.pictureLink], [true, 'https://a.b/1.png'])
  assert.is(broken('"true"')?.isSuccess, true)
  assert.is(broken('true', 'true')?.isForbidden, true)
  assert.is(broken('false'), undefined)
  assert.is(parseAnswer('{"success":true,"uploaded_image":"https://a.b/1.p'), undefined)
})

test.run()
