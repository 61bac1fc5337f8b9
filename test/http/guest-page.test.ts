import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toEventStyle } from '../../src/http/guest-page.ts'

const test = suite('http/guest-page')

test('letters on the event’s colour are black or white, whichever can be read', () => {
  const inkOn = (color: string) => /--event-ink: (#\w+)/.exec(toEventStyle({ color }))?.[1]
  assert.is(inkOn('#ffee00'), '#000')
  assert.is(inkOn('#7a2e5c'), '#fff')
  assert.is(inkOn('#777777'), '#000')
  assert.is(inkOn('#000000'), '#fff')
})

test('without a colour there is no style', () => {
  assert.is(toEventStyle({ color: null }), '')
})

test.run()
