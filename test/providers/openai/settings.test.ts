import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { createOpenaiProvider, defaultBaseUrl } from '../../../src/providers/openai/openai.ts'
import type { Operation } from '../../../src/providers/provider.ts'

const test = suite('providers/openai/settings')

function getOperation(
  id = 'image_edit',
  options = { apiKey: 'sk-1', baseUrl: defaultBaseUrl } as Options,
): Operation {
  const operation = createOpenaiProvider(options).operations[id]
  if (!operation) throw new Error(`There is no operation ${id}.`)
  return operation
}

type Options = Parameters<typeof createOpenaiProvider>[0]

const own: Options = { apiKey: undefined, baseUrl: 'http://127.0.0.1:1234/v1' }

/** The fields that are refused. */
function refusedIn(settings: Record<string, unknown>): string[] {
  const { error } = getOperation().settings.safeParse({ prompt: 'a comic', ...settings })
  return (error?.issues ?? []).map(({ path }) => path.join('.'))
}

test('an edit needs a prompt, a style transfer nothing but the style', () => {
  assert.not(getOperation().settings.safeParse({}).success)
  assert.not(getOperation().settings.safeParse({ prompt: '  ' }).success)
  assert.not(getOperation().settings.safeParse({ prompt: 'x'.repeat(32_001) }).success)
  const style = getOperation('style_transfer')
  assert.equal(style.needs(style.settings.parse({})), ['style'])
  assert.equal(getOperation().needs({}), [])
})

test('the defaults are those of a booth in a hurry', () => {
  assert.equal(getOperation().settings.parse({ prompt: 'a comic' }), {
    prompt: 'a comic',
    model: 'gpt-image-2.5-flare',
    size: 'auto',
    vendor_quality: 'low',
    image_part_name: 'image[]',
    response_output_format: 'jpeg',
    format: 'jpeg',
    quality: 92,
  })
})

test("a server of one's own, without a key, is asked for no model and no quality", () => {
  const operation = getOperation('image_edit', own)
  const settings = operation.settings.parse({ prompt: 'a comic' })
  const { model, vendor_quality: quality } = settings as Record<string, unknown>
  assert.equal([model, quality], ['', ''])
  assert.is(operation.modelOf?.(settings), 'default')
  assert.is(operation.priceUsd?.(settings), 0)
  const gateway = getOperation('image_edit', { ...own, apiKey: 'sk-1' }).settings.parse({ prompt: 'a comic' })
  assert.is((gateway as Record<string, unknown>).model, 'gpt-image-2.5-flare')
})

const refused: readonly [Record<string, unknown>, string][] = [
  [{ size: '4096x4096' }, 'size'],
  [{ size: 'large' }, 'size'],
  [{ model: 'gpt-image-1.5', size: '1248x1248' }, 'size'],
  [{ model: 'openai/gpt-image-2', vendor_quality: 'max' }, 'vendor_quality'],
  [{ model: 'gpt-image-1.5', vendor_quality: 'xhigh' }, 'vendor_quality'],
  [{ input_fidelity: 'low' }, 'input_fidelity'],
  [{ model: 'gpt-image-1-mini', input_fidelity: 'high' }, 'input_fidelity'],
  [{ background: 'transparent' }, 'background'],
  [{ response_output_format: 'png', output_compression: 90 }, 'output_compression'],
  [{ output_compression: 101 }, 'output_compression'],
  [{ extra_fields: { prompt: 'another' } }, 'extra_fields'],
  [{ extra_fields: { 'image[]': 'x' } }, 'extra_fields'],
  [{ extra_fields: { n: 4 } }, 'extra_fields'],
  [
    { extra_fields: Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`f${index}`, 1])) },
    'extra_fields',
  ],
  [{ extra_fields: { note: 'x'.repeat(2_001) } }, 'extra_fields.note'],
  [{ extra_fields: { 'a"; name="b': 1 } }, 'extra_fields.a"; name="b'],
  [{ extra_fields: { list: [] } }, 'extra_fields.list'],
  [{ format: 'gif' }, 'format'],
]

test('what the vendor would refuse is refused when it is saved, with the field named', () => {
  for (const [settings, field] of refused)
    assert.equal(refusedIn(settings), [field], JSON.stringify(settings))
})

const accepted: readonly Record<string, unknown>[] = [
  { vendor_quality: 'max' },
  { size: '3840x2160' },
  { size: '' },
  { model: 'gpt-image-2-2026-04-21', vendor_quality: 'high' },
  { model: 'gpt-image-1-mini', input_fidelity: 'low' },
  { model: 'some-model', input_fidelity: 'high', size: '500x333', vendor_quality: 'xhigh' },
  { background: 'transparent', response_output_format: 'webp', format: 'png' },
  { response_output_format: '', output_compression: 80 },
  { extra_fields: { seed: 7, 'lora.scale': 0.5, negative_prompt: '', hires: false } },
]

test('what the vendor takes is taken', () => {
  for (const settings of accepted) assert.equal(refusedIn(settings), [], JSON.stringify(settings))
})

test('every setting explains itself in the JSON Schema of the console', () => {
  for (const id of ['image_edit', 'style_transfer']) {
    const schema = z.toJSONSchema(getOperation(id).settings, { io: 'input' })
    const properties = Object.entries(schema.properties ?? {})
    assert.is(properties.length, 13)
    for (const [name, property] of properties) {
      assert.ok(typeof property === 'object' && (property.description ?? '').length > 20, name)
    }
    assert.is(schema.additionalProperties, false)
  }
})

test('more effort and more pixels cost more and take longer', () => {
  const { settings, priceUsd, usualLatency, modelOf } = getOperation()
  const priceOf = (changes: Record<string, unknown>) =>
    priceUsd?.(settings.parse({ prompt: 'a comic', size: '1024x1024', ...changes })) ?? Number.NaN
  assert.is(priceOf({}), 0.02)
  assert.is(priceOf({ size: '1536x1024' }), 0.03)
  assert.is(priceOf({ size: 'auto' }), 0.03)
  assert.is(priceOf({ vendor_quality: 'high' }), 0.19)
  assert.is(priceOf({ vendor_quality: 'auto' }), 0.19)
  assert.is(priceOf({ model: 'gpt-image-1.5', vendor_quality: 'medium' }), 0.034)
  assert.is(priceOf({ model: 'gpt-image-1-mini' }), 0.005)
  const p50Of = (changes: Record<string, unknown>) =>
    usualLatency?.(settings.parse({ prompt: 'a comic', ...changes })).p50Ms ?? Number.NaN
  assert.is(p50Of({}), 12_000)
  assert.ok(p50Of({}) < p50Of({ model: 'gpt-image-2' }))
  assert.ok(p50Of({ vendor_quality: 'low' }) < p50Of({ vendor_quality: 'medium' }))
  assert.is(modelOf?.(settings.parse({ prompt: 'a comic', model: 'gpt-image-2' })), 'gpt-image-2')
})

test.run()
