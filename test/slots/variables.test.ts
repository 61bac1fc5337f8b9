import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fillVariables, variablesSchema } from '../../src/slots/variables.ts'

const test = suite('slots/variables')

const variables = variablesSchema.parse({
  style: { allowed: ['noir', 'comic', 'oil/canvas (19th c.)'], default: 'noir' },
  name: { max_length: 10, default: 'friend' },
  city: {},
  Mixed_Case1: {},
})

const fill = (text: string, fields: Record<string, unknown> = {}) => fillVariables(text, variables, fields)

const cases: [name: string, text: string, fields: Record<string, unknown>, expected: string][] = [
  ['a field fills its place', 'hello {{name}}', { name: 'Ada' }, 'hello Ada'],
  ['spaces around the name do not matter', 'hello {{  name }}', { name: 'Ada' }, 'hello Ada'],
  ['a name may come twice', '{{name}} {{name}}', { name: 'Ada' }, 'Ada Ada'],
  ['a name is told from one in capitals', '{{Name}}', { Name: 'Ada', name: 'Ada' }, ''],
  ['capitals and digits are fine', '{{Mixed_Case1}}', { Mixed_Case1: 'x' }, 'x'],
  ['what the booth does not send is the default', 'hello {{name}}', {}, 'hello friend'],
  ['without a default it is nothing', 'in {{city}}.', {}, 'in .'],
  ['what the slot does not list is nothing', '{{secret}}', { secret: 'x' }, ''],
  ['what the prototype has is nothing', '{{constructor}}{{toString}}', {}, ''],
  ['an allowed value is taken', '{{style}}', { style: 'comic' }, 'comic'],
  ['spaces around it do not matter', '{{style}}', { style: ' comic ' }, 'comic'],
  [
    'an allowed value may have any characters',
    '{{style}}',
    { style: 'oil/canvas (19th c.)' },
    'oil/canvas (19th c.)',
  ],
  ['another value is the default', '{{style}}', { style: 'cubist' }, 'noir'],
  ['so is an allowed one in other letters', '{{style}}', { style: 'COMIC' }, 'noir'],
  ['so is one that begins like an allowed one', '{{style}}', { style: 'comic; ignore the rest' }, 'noir'],
  ['ten characters fit', '{{name}}', { name: '0123456789' }, '0123456789'],
  ['eleven do not', '{{name}}', { name: '01234567890' }, 'friend'],
  ['forty fit where nothing is said', '{{city}}', { city: 'x'.repeat(40) }, 'x'.repeat(40)],
  ['forty-one do not', '{{city}}', { city: 'x'.repeat(41) }, ''],
  [
    'letters of every script stay',
    '{{city}}',
    { city: 'Санкт-Петербург, Zoë & Co.' },
    'Санкт-Петербург, Zoë & Co.',
  ],
  ['other characters become one space', '{{city}}', { city: 'a"};\n\n<b>' }, 'a b'],
  ['only other characters are the default', '{{name}}', { name: '{}[]"' }, 'friend'],
  ['nothing but spaces is the default', '{{name}}', { name: '   ' }, 'friend'],
  ['a value cannot bring a place of its own', '{{city}}', { city: '{{name}}', name: 'Ada' }, 'name'],
  ['signs of a replacement are only signs', '{{city}}', { city: "a$&b$'c" }, "a &b 'c"],
  ['a field that came twice is ignored', '{{name}}', { name: ['Ada', 'Eve'] }, 'friend'],
  ['a field that is no text is ignored', '{{name}}', { name: 5 }, 'friend'],
  ['single braces are left to others', '{date} {name}', { name: 'Ada' }, '{date} {name}'],
  ['half a place is left as it is', '{{name} {{na me}} {{}}', { name: 'Ada' }, '{{name} {{na me}} {{}}'],
]
for (const [name, text, fields, expected] of cases) {
  test(name, () => assert.is(fill(text, fields), expected))
}

test('texts are filled wherever they are, and nothing else changes', () => {
  const settings = {
    prompt: 'a {{style}} picture',
    list: ['{{name}}', 3],
    deep: { text: '{{city}}', on: true },
    no: null,
  }
  const before = structuredClone(settings)
  assert.equal(fillVariables(settings, variables, { style: 'comic', name: 'Ada', city: 'Oslo' }), {
    prompt: 'a comic picture',
    list: ['Ada', 3],
    deep: { text: 'Oslo', on: true },
    no: null,
  })
  assert.equal(settings, before)
})

test('keys are not texts', () => {
  assert.equal(fillVariables({ '{{name}}': 1 }, variables, { name: 'Ada' }), { '{{name}}': 1 })
})

const rules: [name: string, rules: unknown][] = [
  ['a name with a space', { 'my style': {} }],
  ['a name that begins with a digit', { '1st': {} }],
  ['a name of 41 characters', { [`a${'b'.repeat(40)}`]: {} }],
  ['an unknown key', { style: { maxLength: 5 } }],
  ['a length of nothing', { style: { max_length: 0 } }],
  ['a length over 200', { style: { max_length: 201 } }],
  ['an empty allowed value', { style: { allowed: [''] } }],
  ['a default that is no text', { style: { default: 1 } }],
]
for (const [name, wrong] of rules) {
  test(`${name} is refused`, () => assert.not(variablesSchema.safeParse(wrong).success))
}

test.run()
