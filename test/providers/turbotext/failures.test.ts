import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAnswer } from '../../../src/providers/turbotext/answer.ts'
import { findComplaint } from '../../../src/providers/turbotext/failures.ts'

const test = suite('providers/turbotext/failures')

function complain(value: object) {
  const answer = parseAnswer(JSON.stringify(value))
  return answer && findComplaint(answer, { http_status: 200 })
}

test('words beside a success are no complaint, unless the photo is forbidden', () => {
  assert.is(complain({ success: true, error: 'LIMIT' }), undefined)
  assert.is(complain({ success: 'true', message: 'size_error' }), undefined)
  assert.is(complain({ success: true, data: { forbidden_content: true } })?.code, 'content_blocked')
})

test('the first word that is known counts, in any case of letters', () => {
  const error = complain({ success: false, error: 'try later', message: 'Provider_Busy' })
  assert.is(error?.code, 'provider_unavailable')
  assert.equal(error?.details, { http_status: 200, vendor_error: 'Provider_Busy' })
})

test('words that are not known here are no complaint by themselves', () => {
  assert.is(complain({ success: false, error: 'constructor' }), undefined)
  assert.is(complain({ success: false, error: 'solar_flare' }), undefined)
})

test.run()
