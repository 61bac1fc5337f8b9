import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { familyOf, findSizeProblem, nearestSize, parseSize } from '../../../src/providers/openai/sizes.ts'

const test = suite('providers/openai/sizes')

const photo = (widthPx: number, heightPx: number) => ({ widthPx, heightPx })

test("models are known by their names, also behind the maker's", () => {
  const families = ['gpt-image-1.5', 'openai/gpt-image-1-mini', 'chatgpt-image-latest', 'gpt-image-1'].map(
    familyOf,
  )
  assert.equal(new Set(families), new Set(['fixed']))
  const newer = ['gpt-image-2', 'azure/gpt-image-2.5-flare', 'gpt-image-3', 'gpt-image-10'].map(familyOf)
  assert.equal(new Set(newer), new Set(['free']))
  assert.equal(['', 'Qwen-Image-Edit-2511', 'my-gpt-image-1'].map(familyOf), [
    'unknown',
    'unknown',
    'unknown',
  ])
})

test("a model of three sizes gets the one nearest to the photo's shape", () => {
  const nearest = (width: number, height: number) => nearestSize('gpt-image-1.5', photo(width, height))
  assert.is(nearest(512, 512), '1024x1024')
  assert.is(nearest(1100, 1000), '1024x1024')
  assert.is(nearest(4000, 3000), '1536x1024')
  assert.is(nearest(3000, 4000), '1024x1536')
  assert.is(nearest(100, 9000), '1024x1536')
})

test('usual photos lose next to nothing of their shape', () => {
  const nearest = (width: number, height: number) => nearestSize('gpt-image-2.5-flare', photo(width, height))
  assert.is(nearest(2048, 1365), '1536x1024')
  assert.is(nearest(1365, 2048), '1024x1536')
  assert.is(nearest(2048, 1536), '1472x1104')
  assert.is(nearest(1152, 2048), '944x1680')
})

test('every photo gets a legal size that differs from its shape by less than two percent', () => {
  for (const model of ['gpt-image-2.5-flare', '']) {
    for (let ratio = 0.34; ratio < 3; ratio *= 1.013) {
      const size = parseSize(nearestSize(model, photo(Math.round(2000 * ratio), 2000)))
      assert.ok(size)
      if (!size) return
      assert.is(findSizeProblem('gpt-image-2', size), undefined)
      const tolerance = model ? 0.02 : 0.08
      assert.ok(
        Math.abs(size.widthPx / size.heightPx / ratio - 1) < tolerance,
        `${ratio} ${JSON.stringify(size)}`,
      )
    }
  }
})

test('photos that are longer than any legal size get the longest shape', () => {
  for (const model of ['gpt-image-2', 'some-model']) {
    const wide = parseSize(nearestSize(model, photo(9000, 100)))
    const high = parseSize(nearestSize(model, photo(100, 9000)))
    assert.ok(wide && wide.widthPx / wide.heightPx > 2.8 && wide.widthPx / wide.heightPx <= 3)
    assert.equal(high, { widthPx: wide?.heightPx, heightPx: wide?.widthPx })
  }
})

test('a size is refused for what is wrong with it', () => {
  const problem = (model: string, text: string) => findSizeProblem(model, parseSize(text) ?? photo(0, 0))
  assert.match(problem('gpt-image-1.5', '1040x1024') ?? '', '1024x1024, 1536x1024, 1024x1536 only')
  assert.match(problem('gpt-image-2', '1000x1024') ?? '', 'multiples of 16')
  assert.match(problem('gpt-image-2', '4096x4096') ?? '', 'at most 3840')
  assert.match(problem('gpt-image-2', '2048x640') ?? '', 'at most 3 times')
  assert.match(problem('gpt-image-2', '800x800') ?? '', 'from 655360')
  assert.match(problem('gpt-image-2', '3840x2176') ?? '', 'to 8294400')
  assert.is(problem('gpt-image-2', '3840x2160'), undefined)
  assert.is(problem('some-model', '513x7'), problem('some-model', '512x512'))
})

test('only sizes are sizes', () => {
  assert.equal(parseSize('1536x1024'), { widthPx: 1536, heightPx: 1024 })
  for (const text of ['', 'auto', '1024', '0x10', '1024x1024x2', '12345x12345', '1024X1024', ' 10x10']) {
    assert.is(parseSize(text), undefined, text)
  }
})

test.run()
