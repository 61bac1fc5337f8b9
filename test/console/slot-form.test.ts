// The parts of the slot's form that need no browser: schema to fields, fields to settings, the merge of two edits.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { createLocalProvider } from '../../src/providers/local/local.ts'
import { slotWideSchema } from '../../src/slots/slot-settings.ts'

const test = suite('console/slot-form')

const load = (name: string) => import(String(new URL(`../../templates/assets/${name}.js`, import.meta.url)))
const { schemaToFields } = await load('slot-schema')
const { valueOfFields, typedOfFields, restOf } = await load('slot-values')
const { threeWayDiff, merge } = await load('slot-merge')
const { createContentRules } = await load('slot-content')

const fieldOf = (schema: Record<string, unknown>, required: string[] = []) =>
  schemaToFields({ properties: { x: schema }, required })[0]
const kindOf = (schema: Record<string, unknown>) => fieldOf(schema).kind
const roundTrip = (schema: Record<string, unknown>, value: unknown) => {
  const fields = schemaToFields({ properties: { x: schema } })
  return valueOfFields(fields, typedOfFields(fields, { x: value })).x
}
const typed = (schema: Record<string, unknown>, text: unknown) =>
  valueOfFields(schemaToFields({ properties: { x: schema } }), { x: text }).x

test('each part of a schema gets the field that fits it', () => {
  assert.is(kindOf({ type: 'string', enum: ['a', 'b'] }), 'choice')
  assert.is(kindOf({ type: 'boolean' }), 'check')
  assert.is(kindOf({ type: 'integer', minimum: 1 }), 'number')
  assert.is(kindOf({ type: 'string' }), 'text')
  assert.is(kindOf({ type: 'string', maxLength: 4000 }), 'long')
  assert.is(kindOf({ type: 'string', pattern: '^#(?:[0-9a-f]{3}|[0-9a-f]{6})$' }), 'color')
  assert.is(kindOf({ type: 'object', properties: { a: { type: 'string' } } }), 'group')
  assert.is(kindOf({ type: 'array', items: { type: 'string' } }), 'lines')
  assert.is(
    kindOf({ type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } }),
    'items',
  )
  for (const unknown of [{ anyOf: [] }, { type: 'object', additionalProperties: {} }, { type: 'array' }])
    assert.is(kindOf(unknown), 'json')
})

test('range, default and need of a field are those of the schema', () => {
  const {
    min,
    max,
    isWhole,
    isRequired,
    default: preset,
  } = fieldOf({ type: 'integer', minimum: 1, maximum: 9, default: 3 }, ['x'])
  assert.equal([min, max, isWhole, isRequired, preset], [1, 9, true, true, 3])
})

test('what is at its default is left out', () => {
  assert.is(typed({ type: 'number', default: 80 }, '80'), undefined)
  assert.is(typed({ type: 'number', default: 80 }, ''), undefined)
  assert.is(typed({ type: 'boolean', default: true }, true), undefined)
  assert.is(typed({ type: 'boolean', default: true }, false), false)
  assert.is(typed({ enum: ['jpeg', 'png'], default: 'jpeg' }, '"jpeg"'), undefined)
  assert.is(typed({ type: 'string' }, ''), undefined)
})

test('a number may have a decimal comma, and what is no number goes to the server as it was typed', () => {
  assert.is(typed({ type: 'number' }, ' 7,5 '), 7.5)
  assert.is(typed({ type: 'number' }, 'seven'), 'seven')
  assert.is(roundTrip({ type: 'number' }, 'seven'), 'seven')
})

test('where empty means something else than the default it is sent', () => {
  const schema = { type: 'string', default: 'gpt-image' }
  assert.is(typed(schema, ''), '')
  assert.is(typed(schema, 'gpt-image'), undefined)
  assert.is(roundTrip(schema, ''), '')
})

test('values of every kind come back from the form as they were', () => {
  assert.equal(roundTrip({ enum: [1, 2, ''] }, ''), '')
  assert.equal(roundTrip({ enum: [1, 2, ''] }, 2), 2)
  assert.equal(roundTrip({ type: 'array', items: { type: 'string' } }, ['a', 'b c']), ['a', 'b c'])
  assert.equal(roundTrip({ type: 'object', additionalProperties: {} }, { a: [1] }), { a: [1] })
  const list = { type: 'array', items: { type: 'object', properties: { a: { type: 'number' } } } }
  assert.equal(roundTrip(list, [{ a: 1 }, {}]), [{ a: 1 }, {}])
})

test('a group that is switched off is not sent, an empty one that is switched on is', () => {
  const group = { type: 'object', properties: { a: { type: 'number', default: 1 } } }
  assert.is(roundTrip(group, undefined), undefined)
  assert.equal(roundTrip(group, { a: 1 }), {})
})

test('the settings of every offline effect go through the form unchanged', () => {
  const settings: Record<string, unknown>[] = [
    { filter: { effect: 'noir', strength: 40 }, branding: { text: 'Hi', qr_deletes: false }, quality: 80 },
    { frame: {}, format: 'png' },
  ]
  const operation = createLocalProvider().operations.combine
  assert.ok(operation)
  const fields = schemaToFields(z.toJSONSchema(operation.settings, { io: 'input', unrepresentable: 'any' }))
  for (const each of settings) assert.equal(valueOfFields(fields, typedOfFields(fields, each)), each)
})

test('settings that no field stands for are kept apart', () => {
  assert.equal(restOf([{ key: 'a' }], { a: 1, b: 2 }), { b: 2 })
})

const content = (settings: Record<string, unknown>, name = 'Slot') => ({ name, settings_json: settings })

test('it is told who has changed what since both have read', () => {
  const differences = threeWayDiff(
    content({ a: 1, b: 1, c: 1 }),
    content({ a: 2, b: 1, c: 3, d: { e: 1 } }),
    content({ a: 1, b: 2, c: 4 }, 'Theirs'),
  )
  const who = Object.fromEntries(
    differences.map((each: { path: string; who: string }) => [each.path, each.who]),
  )
  assert.equal(who, {
    name: 'them',
    'settings_json.a': 'me',
    'settings_json.b': 'them',
    'settings_json.c': 'both',
    'settings_json.d.e': 'me',
  })
})

test('what both have changed alike is no difference', () => {
  assert.equal(threeWayDiff(content({ a: 1 }), content({ a: 2 }), content({ a: 2 })), [])
})

test('a chain of fallbacks is one value', () => {
  const [difference, ...more] = threeWayDiff(
    content({}),
    content({ fallbacks: [{ provider_id: 'a' }] }),
    content({ fallbacks: [{ provider_id: 'b' }, { provider_id: 'c' }] }),
  )
  assert.is(difference.path, 'settings_json.fallbacks')
  assert.equal(more, [])
})

test('a merge takes theirs where it is wanted and leaves what was mine as it is', () => {
  const mine = content({ a: 2, c: 3, d: { e: 1 } })
  const differences = threeWayDiff(content({ a: 1, c: 1 }), mine, content({ a: 1, c: 4, f: { g: 5 } }))
  const merged = merge(
    mine,
    differences,
    new Set(['settings_json.c', 'settings_json.f.g', 'settings_json.d.e']),
  )
  assert.equal(merged, content({ a: 2, c: 4, f: { g: 5 } }))
  assert.equal(mine, content({ a: 2, c: 3, d: { e: 1 } }))
})

const rulesOf = () => {
  const wideSchema = z.toJSONSchema(slotWideSchema, { io: 'input', unrepresentable: 'any' })
  const words = { label: String, help: String, option: String, unit: () => '' }
  return createContentRules({ providers: [], wideSchema, words })
}

test('a content comes back from the parts that the form edits as it was', () => {
  const settings = {
    prompt: 'a {{style}} portrait',
    hedge: true,
    fallbacks: [{ provider_id: 'echo', operation_id: 'echo', settings: { delay_ms: 5 } }],
    local_effect: { operation_id: 'filter', settings: { effect: 'noir' } },
    variables: { style: { default: 'plain' } },
  }
  const slot = { name: 'A', provider_id: 'gemini', operation_id: 'image_edit', settings_json: settings }
  const rules = rulesOf()
  assert.equal(rules.contentOf(rules.partsOf(slot)), slot)
})

test('two variables of one name are both sent, for the server to refuse', () => {
  const rules = rulesOf()
  const slot = { name: 'A', provider_id: 'echo', operation_id: 'echo', settings_json: {} }
  const parts = { ...rules.partsOf(slot), variables: [{ name: 'style' }, { name: 'style', default: 'b' }] }
  assert.is(Object.keys(rules.contentOf(parts).settings_json.variables).length, 2)
})

test.run()
