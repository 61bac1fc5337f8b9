import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { LocalPicture } from '../../../src/providers/provider.ts'
import { landscape, portrait } from '../../support/photos.ts'
import { readQr } from '../../support/qr-reader.ts'
import { openStudio, type Studio } from '../../support/studio.ts'
import { jpegAt, taskIn } from '../../support/task.ts'

const test = suite<{ studio: Studio }>('providers/local/qr')
const { shareUrl, ownerUrl } = taskIn('')

test.before.each(async (context) => {
  context.studio = await openStudio()
})
test.after.each(({ studio }) => studio.remove())

/** A photo as booths send it: three megapixels. */
async function largePhoto(studio: Studio): Promise<LocalPicture> {
  return studio.saveJpeg(sharp(landscape).resize(2100, 1400, { fit: 'fill' }))
}

/** Which corner of the picture the code is in, by cutting the picture in four. */
async function cornerOf({ path }: LocalPicture): Promise<string | undefined> {
  const { width, height } = await sharp(path).metadata()
  const half = { width: Math.floor(width / 2), height: Math.floor(height / 2) }
  for (const [row, top] of [
    ['top', 0],
    ['bottom', height - half.height],
  ] as const) {
    for (const [column, left] of [
      ['left', 0],
      ['right', width - half.width],
    ] as const) {
      const part = await sharp(path)
        .extract({ left, top, ...half })
        .png()
        .toBuffer()
      if ((await readQr(part)) !== undefined) return `${row}-${column}`
    }
  }
  return undefined
}

test('the code of the guest’s page is read from the finished JPEG, also at modest quality', async ({
  studio,
}) => {
  const photo = await largePhoto(studio)
  for (const quality of [92, 60]) {
    const picture = await studio.render('branding', { qr: true, quality }, { photo })
    assert.is(await readQr(picture.path), ownerUrl)
  }
})

test('it is read from a print: a third of the size, blurred', async ({ studio }) => {
  const picture = await studio.render(
    'branding',
    { qr: true, qr_size: 30 },
    { photo: await largePhoto(studio) },
  )
  const { width, height } = await sharp(picture.path).metadata()
  // A tenth of the picture more than the code, as a camera is held.
  const close = await sharp(picture.path)
    .extract({
      left: 0,
      top: height - Math.round(height * 0.4),
      width: Math.round(height * 0.4),
      height: Math.round(height * 0.4),
    })
    .resize(240)
    .blur(0.5)
    .jpeg({ quality: 70 })
    .toBuffer()
  assert.ok(width > height)
  assert.is(await readQr(close), ownerUrl)
})

test('without the right to delete it says only where the page is', async ({ studio }) => {
  const settings = { qr: true, qr_deletes: false }
  assert.is(
    await readQr((await studio.render('branding', settings, { photo: await largePhoto(studio) })).path),
    shareUrl,
  )
})

const places: [settings: Record<string, unknown>, corner: string][] = [
  [{}, 'bottom-left'],
  [{ position: 'bottom-left' }, 'bottom-right'],
  [{ position: 'top' }, 'bottom-left'],
  [{ qr_position: 'top-right' }, 'top-right'],
  [{ qr_position: 'top-left', position: 'top-left' }, 'top-left'],
]

for (const [settings, corner] of places) {
  test(`with ${JSON.stringify(settings)} it stands at ${corner}`, async ({ studio }) => {
    const photo = await largePhoto(studio)
    assert.is(await cornerOf(await studio.render('branding', { qr: true, ...settings }, { photo })), corner)
  })
}

test('a long line beside it makes room for it, and a look does not touch it', async ({ studio }) => {
  const photo = await largePhoto(studio)
  const branding = { qr: true, text: 'A very long line '.repeat(8), text_size: 6, position: 'bottom' }
  const picture = await studio.render('combine', { filter: { effect: 'sepia' }, branding }, { photo })
  assert.is(await readQr(picture.path), ownerUrl)
  const line = await studio.render('combine', { branding: { ...branding, qr: false } }, { photo })
  // The line alone reaches to where the code stands.
  const { data } = await sharp(line.path)
    .extract({ left: 60, top: 1300, width: 150, height: 60 })
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true })
  assert.ok(data.some((value) => value > 240))
})

test('it stays readable in a small picture and is left out of one with no room for it', async ({
  studio,
}) => {
  const small = await studio.render('branding', { qr: true, qr_size: 8 }, { photo: jpegAt(portrait) })
  assert.is(await readQr(small.path), ownerUrl)
  const tiny = await studio.savePng(sharp(portrait).resize(100, 100))
  const picture = await studio.render('branding', { qr: true, format: 'png' }, { photo: tiny })
  assert.is(await readQr(picture.path), undefined)
  assert.equal(await sharp(picture.path).raw().toBuffer(), await sharp(tiny.path).raw().toBuffer())
})

test('it is printed at full strength while logo and text fade', async ({ studio }) => {
  const photo = await largePhoto(studio)
  const picture = await studio.render('branding', { qr: true, text: 'Anna', opacity: 0 }, { photo })
  assert.is(await readQr(picture.path), ownerUrl)
})

test.run()
