import { readFile, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { listFiles } from '../../support/files.ts'
import { landscape, portrait } from '../../support/photos.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { differenceOf, meansOf, openStudio, pixelAt, plain, type Studio } from '../../support/studio.ts'
import { jpegAt } from '../../support/task.ts'

const test = suite<{ studio: Studio }>('providers/local/render')

test.before.each(async (context) => {
  context.studio = await openStudio()
})
test.after.each(({ studio }) => studio.remove())

const sizeOf = async ({ path }: { path: string }) => {
  const { width, height } = await sharp(path).metadata()
  return [width, height]
}

test('a photo taken upright comes out upright, without an orientation tag', async ({ studio }) => {
  // The camera's left half is red; orientation 6 turns it to the top.
  const halves = plain(400, 200, '#0000ff').composite([
    { input: { create: { width: 200, height: 200, channels: 3, background: '#ff0000' } }, left: 0, top: 0 },
  ])
  const photo = await studio.saveJpeg(halves.withMetadata({ orientation: 6 }))
  for (const effect of ['vivid', 'vignette', 'soft-focus', 'noir']) {
    const picture = await studio.render('filter', { effect, strength: 10 }, { photo })
    assert.equal(await sizeOf(picture), [200, 400], effect)
    assert.is((await sharp(picture.path).metadata()).orientation, undefined)
    const [redAbove = 0] = await pixelAt(picture, 100, 100)
    const [redBelow = 0] = await pixelAt(picture, 100, 300)
    assert.ok(redAbove > redBelow + 100 || effect === 'noir', effect)
  }
})

test('EXIF, XMP and colour profile are left out', async ({ studio }) => {
  const photo = await studio.saveJpeg(
    sharp(portrait)
      .withExif({ IFD0: { Copyright: 'somebody' }, IFD3: { GPSLatitudeRef: 'N' } })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
      .withIccProfile('p3'),
  )
  for (const format of ['jpeg', 'png', 'webp']) {
    const { path } = await studio.render('filter', { effect: 'warm', format }, { photo })
    const { exif, xmp, icc, iptc } = await sharp(path).metadata()
    assert.equal([exif, xmp, icc, iptc], [undefined, undefined, undefined, undefined], format)
  }
})

test('a photo in Display P3 keeps its colours when it becomes sRGB', async ({ studio }) => {
  const wide = await studio.savePng(plain(40, 40, '#c86432').withIccProfile('p3'))
  const [red = 0, green = 0, blue = 0] = await pixelAt(
    await studio.render('filter', { effect: 'warm', strength: 0, format: 'png' }, { photo: wide }),
    20,
    20,
  )
  assert.ok(Math.abs(red - 0xc8) < 3 && Math.abs(green - 0x64) < 3 && Math.abs(blue - 0x32) < 3)
})

test('a CMYK photo comes out as sRGB in about its own colours', async ({ studio }) => {
  const photo = await studio.saveJpeg(sharp(portrait).toColourspace('cmyk'))
  assert.is((await sharp(photo.path).metadata()).space, 'cmyk')
  for (const settings of [
    { effect: 'warm', strength: 0 },
    { effect: 'vivid', strength: 1 },
  ]) {
    const picture = await studio.render('filter', settings, { photo })
    const { space, channels } = await sharp(picture.path).metadata()
    assert.equal([space, channels], ['srgb', 3])
    const expected = await meansOf(jpegAt(portrait))
    const means = await meansOf(picture)
    means.forEach((mean, index) => {
      assert.ok(Math.abs(mean - (expected[index] ?? 0)) < 25, `${means} for ${expected}`)
    })
  }
})

test('grey and 16-bit photos take every kind of effect like any other', async ({ studio }) => {
  const grey = await studio.saveJpeg(sharp(portrait).greyscale().toColourspace('b-w'))
  const deep = await studio.savePng(sharp(portrait).toColourspace('rgb16'))
  for (const effect of ['noir', 'sepia', 'warm', 'pop-art', 'posterize', 'vignette', 'soft-focus']) {
    const settings = { effect, format: 'png' }
    const asGrey = await studio.savePng(sharp(grey.path).toColourspace('srgb'))
    const pairs = [
      [grey, asGrey],
      [deep, jpegAt(portrait)],
    ] as const
    for (const [unusual, usual] of pairs) {
      const picture = await studio.render('filter', settings, { photo: unusual })
      const { channels, depth } = await sharp(picture.path).metadata()
      assert.equal([channels, depth], [3, 'uchar'], effect)
      const expected = await studio.render('filter', settings, { photo: usual })
      assert.ok((await differenceOf(picture, expected)) < 2, effect)
    }
  }
})

test('transparency becomes white in a JPEG and stays in a PNG', async ({ studio }) => {
  const clear = { r: 255, g: 0, b: 0, alpha: 0 }
  const photo = await studio.savePng(
    sharp({ create: { width: 60, height: 40, channels: 4, background: clear } }).composite([
      { input: { create: { width: 30, height: 40, channels: 3, background: '#404040' } }, left: 0, top: 0 },
    ]),
  )
  for (const effect of ['noir', 'vivid', 'warm']) {
    const jpeg = await studio.render('filter', { effect, strength: 20 }, { photo })
    const [white = 0] = await pixelAt(jpeg, 50, 20)
    assert.ok(white > 245, effect)
    const png = await studio.render('filter', { effect, strength: 20, format: 'png' }, { photo })
    assert.is((await pixelAt(png, 50, 20))[3], 0, effect)
    assert.is((await pixelAt(png, 5, 20))[3], 255, effect)
  }
  const branded = await studio.render('branding', { text: 'x', position: 'left', format: 'png' }, { photo })
  assert.is((await pixelAt(branded, 55, 5))[3], 0)
})

test('the picture keeps the size of the photo unless a long edge is given, and is never enlarged', async ({
  studio,
}) => {
  const photo = jpegAt(landscape)
  for (const effect of ['vivid', 'vignette', 'pop-art', 'soft-focus']) {
    assert.equal(await sizeOf(await studio.render('filter', { effect }, { photo })), [640, 427])
    const small = await studio.render('filter', { effect, long_edge_px: 333 }, { photo })
    assert.equal(await sizeOf(small), [333, 222])
    const large = await studio.render('filter', { effect, long_edge_px: 5000 }, { photo })
    assert.equal(await sizeOf(large), [640, 427])
  }
})

test('format and quality are as told', async ({ studio }) => {
  const render = (settings: Record<string, unknown>) =>
    studio.render('filter', { effect: 'vivid', ...settings })
  for (const format of ['jpeg', 'png', 'webp']) {
    const { path, mime } = await render({ format })
    assert.is(mime, `image/${format}`)
    assert.is((await sharp(path).metadata()).format, format)
  }
  const bytesOf = async (settings: Record<string, unknown>) =>
    (await stat((await render(settings)).path)).size
  for (const format of ['jpeg', 'webp']) {
    assert.ok((await bytesOf({ format, quality: 30 })) < (await bytesOf({ format, quality: 95 })) / 2, format)
  }
})

test('a combination equals its parts one after the other', async ({ studio }) => {
  const photo = jpegAt(landscape)
  const opening = Buffer.from(
    '<svg width="480" height="360"><ellipse cx="240" cy="180" rx="200" ry="150"/></svg>',
  )
  const frame = await studio.savePng(
    plain(480, 360, '#334155')
      .ensureAlpha()
      .composite([{ input: opening, blend: 'dest-out' }]),
  )
  const branding = { text: 'Launch party', position: 'top' }
  for (const filter of ['warm', 'noir', 'pop-art', 'posterize'].map((effect) => ({ effect }))) {
    const branded = await studio.render(
      'branding',
      { ...branding, format: 'png' },
      { photo: await studio.render('filter', { ...filter, format: 'png' }, { photo }) },
    )
    const atOnce = await studio.render('combine', { filter, branding, format: 'png' }, { photo })
    assert.ok((await differenceOf(atOnce, branded)) < 1, filter.effect)
  }
  for (const fit of ['crop', 'fit']) {
    const framed = await studio.render(
      'frame',
      { fit, format: 'png' },
      {
        photo: await studio.render('filter', { effect: 'cool', format: 'png' }, { photo }),
        templates: { frame },
      },
    )
    const last = await studio.render('branding', { ...branding, format: 'png' }, { photo: framed })
    const atOnce = await studio.render(
      'combine',
      { filter: { effect: 'cool' }, frame: { fit }, branding, format: 'png' },
      { photo, templates: { frame } },
    )
    assert.ok((await differenceOf(atOnce, last)) < 1.5, fit)
  }
})

test('a vignette inside a frame follows the opening and spares frame and background', async ({ studio }) => {
  const photo = await studio.savePng(plain(600, 200, '#c8c8c8'))
  const opening = Buffer.from(
    '<svg width="200" height="200"><rect x="20" y="20" width="160" height="160"/></svg>',
  )
  const frame = await studio.savePng(
    plain(200, 200, '#ff0000')
      .ensureAlpha()
      .composite([{ input: opening, blend: 'dest-out' }]),
  )
  const render = (fit: string, format: string) =>
    studio.render(
      'combine',
      { filter: { effect: 'vignette' }, frame: { fit, background: '#00ff00' }, format, quality: 100 },
      { photo, templates: { frame } },
    )
  for (const format of ['png', 'jpeg']) {
    const cropped = await render('crop', format)
    const [corner = 255] = await pixelAt(cropped, 21, 21)
    assert.ok(corner < 80, `${format}: ${corner}`)
    assert.ok(((await pixelAt(cropped, 100, 100))[0] ?? 0) > 195)
    assert.ok(((await pixelAt(cropped, 5, 5))[0] ?? 0) > 245)
    const fitted = await render('fit', format)
    assert.ok(((await pixelAt(fitted, 100, 30))[1] ?? 0) > 245)
  }
})

test('a photo cut off in the middle is bad input, also when the look needs a second look at it', async ({
  studio,
}) => {
  const whole = await readFile(portrait)
  const photo = await studio.saveJpeg(plain(8, 8, '#000'))
  await writeFile(photo.path, whole.subarray(0, Math.floor(whole.length * 0.7)))
  for (const settings of [
    { filter: { effect: 'noir' } },
    { filter: { effect: 'soft-focus' } },
    { branding: { text: 'x' } },
    { filter: { effect: 'warm' }, branding: { text: 'x' } },
  ]) {
    assert.is((await rejectionOf(studio.render('combine', settings, { photo }))).code, 'bad_input')
  }
})

test('a folder that cannot be written is a failure of the provider, not of the photo', async ({ studio }) => {
  const photo = await studio.saveJpeg(sharp(portrait))
  const error = await rejectionOf(
    studio.render('filter', { effect: 'noir' }, { photo, scratchDir: `${photo.path}.absent` }),
  )
  assert.is(error.code, 'provider_unavailable')
})

test('nothing but the result is left in the scratch folder', async ({ studio }) => {
  const { path } = await studio.render('filter', { effect: 'soft-focus' })
  assert.equal(await listFiles(dirname(path)), ['result.jpg'])
})

test.run()
