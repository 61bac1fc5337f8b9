import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { factsOf, imageSizes, nearestRatio, sizeFactsOf } from '../../../src/providers/gemini/models.ts'
import { geminiSettings } from '../../../src/providers/gemini/settings.ts'

const test = suite('providers/gemini/settings')

const complaintsOf = (settings: Record<string, unknown>) =>
  geminiSettings.safeParse({ prompt: 'x', ...settings }).error?.issues.map(({ path, message }) => ({
    key: path.join('.'),
    message,
  })) ?? []

test('a prompt is all that an operator has to give', () => {
  assert.equal(geminiSettings.parse({ prompt: '  a comic \n' }), {
    prompt: 'a comic',
    model: 'gemini-nano-banana-2.1',
    aspect_ratio: 'auto',
    image_size: '1K',
    files_api_above_mb: 15,
    format: 'jpeg',
    quality: 92,
  })
  for (const prompt of [undefined, '', '   ', 'x'.repeat(4001)]) {
    assert.equal(
      complaintsOf({ prompt }).map(({ key }) => key),
      ['prompt'],
    )
  }
  assert.equal(complaintsOf({ prompt: 'x'.repeat(4000) }), [])
})

test('what a known model cannot do is refused when it is set, with what it can', () => {
  for (const [settings, key, words] of [
    [{ model: 'gemini-2.5-flash-image', aspect_ratio: '1:8' }, 'aspect_ratio', /has no 1:8: it has 1:1, /],
    [{ model: 'gemini-2.5-flash-image', image_size: '2K' }, 'image_size', /has no 2K: it has 1K\./],
    [{ image_size: '512' }, 'image_size', /it has 1K, 2K, 4K/],
    [{ model: 'gemini-3-pro-image', thinking_level: 'minimal' }, 'thinking_level', /leave it out/],
    [{ model: 'gemini-3.1-flash-lite-image', thinking_level: 'medium' }, 'thinking_level', /minimal, high/],
  ] as const) {
    const [complaint, ...others] = complaintsOf(settings)
    assert.is(complaint?.key, key)
    assert.match(complaint?.message ?? '', words)
    assert.equal(others, [])
  }
})

test('a model that this program does not know is passed on as it is', () => {
  const settings = {
    model: 'gemini-nano-banana-9',
    image_size: '4K',
    thinking_level: 'high',
    aspect_ratio: '4:5',
  }
  assert.equal(complaintsOf(settings), [])
  for (const model of ['', 'models/x', 'x:generateContent', '../x', 'X', 'x?key=1']) {
    assert.equal(
      complaintsOf({ model }).map(({ key }) => key),
      ['model'],
    )
  }
})

test('values that Google has not are refused', () => {
  for (const [settings, key] of [
    [{ safety: { harassment: 'BLOCK_SOME' } }, 'safety.harassment'],
    [{ aspect_ratio: '7:5' }, 'aspect_ratio'],
    [{ image_size: '1k' }, 'image_size'],
    [{ files_api_above_mb: 16 }, 'files_api_above_mb'],
  ] as const) {
    assert.equal(
      complaintsOf(settings).map(({ key }) => key),
      [key],
    )
  }
  assert.is(complaintsOf({ safety: { violence: 'OFF' } }).length, 1)
})

test('every setting is described, and settings parse to themselves', () => {
  const { properties = {} } = z.toJSONSchema(geminiSettings, { io: 'input' })
  assert.ok(Object.keys(properties).length >= 10)
  for (const [key, property] of Object.entries(properties)) {
    assert.ok(typeof property === 'object' && property.description, key)
  }
  const settings = geminiSettings.parse({ prompt: ' x ', safety: { harassment: 'OFF' }, long_edge_px: 100 })
  assert.equal(geminiSettings.parse(settings), settings)
})

test('the nearest shape is that which crops the least', () => {
  const banana = 'gemini-nano-banana-2.1'
  for (const [width, height, ratio] of [
    [512, 512, '1:1'],
    [6000, 4000, '3:2'],
    [4000, 6000, '2:3'],
    [4032, 3024, '4:3'],
    [1920, 1080, '16:9'],
    [1080, 1350, '4:5'],
    [1200, 1801, '2:3'],
    [3000, 400, '8:1'],
  ] as const) {
    assert.is(nearestRatio(banana, width, height), ratio, `${width}×${height}`)
  }
  assert.is(nearestRatio('gemini-2.5-flash-image', 3000, 400), '21:9')
})

test('each size of each model has a price, and a larger one is never cheaper', () => {
  for (const model of ['gemini-nano-banana-2.1', 'gemini-3-pro-image', 'gemini-2.5-flash-image', 'unknown']) {
    const offered = imageSizes.filter((size) => factsOf(model).sizes[size])
    const prices = offered.map((size) => sizeFactsOf(model, size).priceUsd)
    assert.ok(
      prices.every((price, at) => price > 0 && price >= (prices[at - 1] ?? 0)),
      model,
    )
  }
})

test.run()
