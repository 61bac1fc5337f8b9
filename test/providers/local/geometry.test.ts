import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { limitLongEdge, placePhoto, stackItems } from '../../../src/providers/local/geometry.ts'

const test = suite('providers/local/geometry')

test('the longer edge is limited and never enlarged', () => {
  assert.equal(limitLongEdge({ width: 6000, height: 4000 }, 1500), { width: 1500, height: 1000 })
  assert.equal(limitLongEdge({ width: 400, height: 600 }, 1500), { width: 400, height: 600 })
  assert.equal(limitLongEdge({ width: 400, height: 600 }, undefined), { width: 400, height: 600 })
  assert.equal(limitLongEdge({ width: 5000, height: 1 }, 100), { width: 100, height: 1 })
})

test('a cropped photo covers every opening exactly, whatever the sizes', () => {
  for (const width of [1, 97, 640, 6001]) {
    for (const height of [1, 101, 427, 4001]) {
      const opening = { left: 10, top: 20, width: 333, height: 217 }
      const { scaled, visible, at } = placePhoto({ width, height }, opening, 'crop')
      assert.equal(at, { left: 10, top: 20 })
      assert.is(visible.width, 333)
      assert.is(visible.height, 217)
      assert.ok(visible.left >= 0 && visible.left + visible.width <= scaled.width)
      assert.ok(visible.top >= 0 && visible.top + visible.height <= scaled.height)
    }
  }
})

test('a fitted photo is shown whole in the middle of the opening', () => {
  const opening = { left: 10, top: 20, width: 300, height: 200 }
  const { scaled, visible, at } = placePhoto({ width: 1000, height: 1000 }, opening, 'fit')
  assert.equal(scaled, { width: 200, height: 200 })
  assert.equal(visible, { left: 0, top: 0, width: 200, height: 200 })
  assert.equal(at, { left: 60, top: 20 })
})

const canvas = { width: 1000, height: 600 }
const items = [
  { width: 200, height: 100 },
  { width: 300, height: 50 },
]

test('a stack in a corner keeps the margin on both sides', () => {
  assert.equal(stackItems(items, { canvas, position: 'bottom-right', marginPx: 20, gapPx: 10 }), [
    { left: 780, top: 420 },
    { left: 680, top: 530 },
  ])
  assert.equal(stackItems(items, { canvas, position: 'top-left', marginPx: 20, gapPx: 10 }), [
    { left: 20, top: 20 },
    { left: 20, top: 130 },
  ])
})

test('a stack without a side is centred', () => {
  assert.equal(stackItems(items, { canvas, position: 'center', marginPx: 20, gapPx: 10 }), [
    { left: 400, top: 220 },
    { left: 350, top: 330 },
  ])
  assert.equal(stackItems([items[0] ?? canvas], { canvas, position: 'top', marginPx: 5, gapPx: 10 }), [
    { left: 400, top: 5 },
  ])
  assert.equal(stackItems([items[0] ?? canvas], { canvas, position: 'left', marginPx: 5, gapPx: 10 }), [
    { left: 5, top: 250 },
  ])
})

test.run()
