import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { repeatKeyOf } from '../../src/ingest/repeat-key.ts'

const test = suite('ingest/repeat-key')

const booth = { name: 'BOOTH-1', user_id: 'u7', id: '42' }
type Sending = Parameters<typeof repeatKeyOf>[0]
const slot = { version: 1, settings: { prompt: 'a comic' } }
const sending: Sending = { slotId: 'slot-001', slot, checksum: 'aa', fields: booth, idempotencyKey: '' }
const keyOf = (changes: Partial<Sending> = {}) => repeatKeyOf({ ...sending, ...changes })

test('the same photo of the same booth for the same slot is the same, whatever else comes with it', () => {
  assert.type(keyOf(), 'string')
  assert.is(keyOf({ fields: { time: '18:31', status: 'again', ...booth } }), keyOf())
})

const differences: [name: string, changes: Parameters<typeof keyOf>[0]][] = [
  ['another photo', { checksum: 'ab' }],
  ['another slot', { slotId: 'slot-002' }],
  ['another version of the slot', { slot: { ...slot, version: 2 } }],
  ['another style', { slot: { ...slot, settings: { prompt: 'film noir' } } }],
  ['another booth', { fields: { ...booth, name: 'BOOTH-2' } }],
  ['another user', { fields: { ...booth, user_id: 'u8' } }],
  ['another shot', { fields: { ...booth, id: '43' } }],
  ['a field less', { fields: { name: 'BOOTH-1', user_id: 'u7' } }],
  ['values in other fields', { fields: { name: 'u7', user_id: 'BOOTH-1', id: '42' } }],
  ['a key of its own', { idempotencyKey: 'k1' }],
]
for (const [name, changes] of differences) {
  test(`${name} is something else`, () => assert.is.not(keyOf(changes), keyOf()))
}

for (const fields of [{}, { time: '18:31', profile: 'x' }, { name: '', user_id: '', id: '' }]) {
  test(`a booth that says ${JSON.stringify(fields)} has not said who it is`, () => {
    assert.is(keyOf({ fields }), undefined)
  })
}

for (const field of ['name', 'user_id', 'id'] as const) {
  test(`${field} alone says who it is`, () => assert.type(keyOf({ fields: { [field]: 'x' } }), 'string'))
}

test('an Idempotency-Key needs no other identity and does not look at one', () => {
  assert.type(keyOf({ fields: {}, idempotencyKey: 'k1' }), 'string')
  assert.is(keyOf({ fields: {}, idempotencyKey: 'k1' }), keyOf({ idempotencyKey: 'k1' }))
  assert.is.not(keyOf({ idempotencyKey: 'k1' }), keyOf({ idempotencyKey: 'k2' }))
  assert.is.not(keyOf({ idempotencyKey: 'k1' }), keyOf({ idempotencyKey: 'k1', slotId: 'slot-002' }))
})

test("an Idempotency-Key used again for another photo never brings somebody else's picture", () => {
  assert.is.not(keyOf({ idempotencyKey: 'k1' }), keyOf({ idempotencyKey: 'k1', checksum: 'ab' }))
})

test.run()
