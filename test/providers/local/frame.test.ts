import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { LocalPicture } from '../../../src/providers/provider.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { openStudio, pixelAt, plain, type Studio } from '../../support/studio.ts'

const test = suite<{ studio: Studio; photo: LocalPicture }>('providers/local/frame')

test.before.each(async (context) => {
  context.studio = await openStudio()
  // Green with a red left and a blue right end, so that one sees what is cropped.
  const ends = ['#ff0000', '#0000ff'].map((background) => ({
    create: { width: 50, height: 200, channels: 3 as const, background },
  }))
  context.photo = await context.studio.savePng(
    plain(400, 200, '#00ff00').composite([
      { input: ends[0] ?? '', left: 0, top: 0 },
      { input: ends[1] ?? '', left: 350, top: 0 },
    ]),
  )
})
test.after.each(({ studio }) => studio.remove())

/** 300 × 240 in grey, with an opening of 200 × 160 at (40, 30). */
const drawFrame = (shape = '<rect x="40" y="30" width="200" height="160"/>') =>
  plain(300, 240, '#808080')
    .ensureAlpha()
    .composite([{ input: Buffer.from(`<svg width="300" height="240">${shape}</svg>`), blend: 'dest-out' }])

const red = [255, 0, 0]
const green = [0, 255, 0]
const blue = [0, 0, 255]
const grey = [128, 128, 128]

test('crop fills the opening and nothing but the opening, at the size of the frame', async ({
  studio,
  photo,
}) => {
  const frame = await studio.savePng(drawFrame())
  const picture = await studio.render('frame', { format: 'png' }, { photo, templates: { frame } })
  const { width, height, hasAlpha } = await sharp(picture.path).metadata()
  assert.equal([width, height, hasAlpha], [300, 240, false])
  // 400 × 200 becomes 320 × 160, of which 60 on each side are cut off, and with them both ends.
  for (const [x, y] of [
    [40, 30],
    [239, 30],
    [40, 189],
    [239, 189],
  ] as const) {
    assert.equal(await pixelAt(picture, x, y), green, `${x},${y}`)
  }
  for (const [x, y] of [
    [39, 100],
    [240, 100],
    [140, 29],
    [140, 190],
  ] as const) {
    assert.equal(await pixelAt(picture, x, y), grey, `${x},${y}`)
  }
})

test('fit shows the whole photo and fills the rest of the opening with the background', async ({
  studio,
  photo,
}) => {
  const frame = await studio.savePng(drawFrame())
  const settings = { fit: 'fit', background: '#fbbf24', format: 'png' }
  const picture = await studio.render('frame', settings, { photo, templates: { frame } })
  // 200 × 100 in the middle of 200 × 160.
  assert.equal(await pixelAt(picture, 42, 110), red)
  assert.equal(await pixelAt(picture, 140, 110), green)
  assert.equal(await pixelAt(picture, 237, 110), blue)
  assert.equal(await pixelAt(picture, 140, 58), [0xfb, 0xbf, 0x24])
  assert.equal(await pixelAt(picture, 140, 162), [0xfb, 0xbf, 0x24])
  assert.equal(await pixelAt(picture, 20, 20), grey)
})

test('a round opening shows the photo in its bounding box', async ({ studio, photo }) => {
  const frame = await studio.savePng(drawFrame('<circle cx="150" cy="120" r="80"/>'))
  const picture = await studio.render('frame', { format: 'png' }, { photo, templates: { frame } })
  assert.equal(await pixelAt(picture, 150, 42), green)
  assert.equal(await pixelAt(picture, 72, 42), grey)
})

test('a frame of 16 bits or of greys works as one of 8 bits in colour', async ({ studio, photo }) => {
  const deep = await studio.savePng(drawFrame().toColourspace('rgb16'))
  const monochrome = await studio.savePng(drawFrame().toColourspace('b-w'))
  for (const frame of [deep, monochrome]) {
    const picture = await studio.render('frame', { format: 'png' }, { photo, templates: { frame } })
    assert.equal(await pixelAt(picture, 40, 30), green)
    assert.equal(await pixelAt(picture, 39, 30), grey)
  }
})

test('what is half transparent belongs to the opening, also at 16 bits', async ({ studio, photo }) => {
  const shape = '<rect x="40" y="30" width="200" height="160" fill-opacity="0.5"/>'
  for (const image of [drawFrame(shape), drawFrame(shape).toColourspace('rgb16')]) {
    const frame = await studio.savePng(image)
    const settings = { fit: 'fit', format: 'png' }
    const picture = await studio.render('frame', settings, { photo, templates: { frame } })
    // The photo's red end, which is at the opening's left edge and not at the frame's.
    const [redAtEdge = 0, greenAtEdge = 0] = await pixelAt(picture, 42, 110)
    assert.ok(Math.abs(redAtEdge - 192) < 4 && Math.abs(greenAtEdge - 64) < 4, `${redAtEdge} ${greenAtEdge}`)
  }
})

test('a long edge below that of the frame scales frame and photo together', async ({ studio, photo }) => {
  const frame = await studio.savePng(drawFrame())
  const settings = { format: 'png', long_edge_px: 150 }
  const picture = await studio.render('frame', settings, { photo, templates: { frame } })
  const { width, height } = await sharp(picture.path).metadata()
  assert.equal([width, height], [150, 120])
  assert.equal(await pixelAt(picture, 70, 55), green)
  assert.equal(await pixelAt(picture, 10, 10), grey)
})

test('a frame without an opening is told so', async ({ studio, photo }) => {
  const opaque = await studio.savePng(plain(300, 200, '#808080'))
  const opaqueAlpha = await studio.savePng(plain(300, 200, '#808080').ensureAlpha())
  for (const frame of [opaque, opaqueAlpha]) {
    const error = await rejectionOf(studio.render('frame', {}, { photo, templates: { frame } }))
    assert.is(error.code, 'bad_input')
    assert.match(error.message, /no transparent opening/)
  }
})

test('a frame that is no picture is named as the culprit, not the photo', async ({ studio, photo }) => {
  const frame = { path: import.meta.filename, mime: 'image/png' }
  const error = await rejectionOf(studio.render('frame', {}, { photo, templates: { frame } }))
  assert.is(error.code, 'bad_input')
  assert.match(error.message, /frame/)
})

test.run()
