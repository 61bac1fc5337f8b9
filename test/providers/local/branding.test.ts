import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { LocalPicture } from '../../../src/providers/provider.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { differenceOf, openStudio, pixelAt, plain, type Studio } from '../../support/studio.ts'

const test = suite<{ studio: Studio; photo: LocalPicture; logo: LocalPicture }>('providers/local/branding')

test.before.each(async (context) => {
  context.studio = await openStudio()
  context.photo = await context.studio.savePng(plain(600, 400, '#202020'))
  context.logo = await context.studio.savePng(plain(60, 30, '#ff0000'))
})
test.after.each(({ studio }) => studio.remove())

/** Where the picture differs from its ground. */
async function boxOf({ path }: LocalPicture) {
  const { info } = await sharp(path)
    .trim({ background: '#202020', threshold: 12 })
    .toBuffer({ resolveWithObject: true })
  return {
    left: -(info.trimOffsetLeft ?? 0),
    top: -(info.trimOffsetTop ?? 0),
    width: info.width,
    height: info.height,
  }
}

const corners: [position: string, left: number, top: number][] = [
  ['top-left', 20, 20],
  ['top', 240, 20],
  ['top-right', 460, 20],
  ['left', 20, 170],
  ['center', 240, 170],
  ['right', 460, 170],
  ['bottom-left', 20, 320],
  ['bottom', 240, 320],
  ['bottom-right', 460, 320],
]

for (const [position, left, top] of corners) {
  test(`the logo stands at ${position}, as large as told`, async ({ studio, photo, logo }) => {
    const settings = { logo: true, position, size: 20, margin: 5, format: 'png' }
    const picture = await studio.render('branding', settings, { photo, templates: { logo } })
    assert.equal(await boxOf(picture), { left, top, width: 120, height: 60 })
  })
}

test('a tall logo is limited by the height of the picture', async ({ studio, photo }) => {
  const logo = await studio.savePng(plain(30, 90, '#ff0000'))
  const settings = { logo: true, size: 30, format: 'png' }
  const { width, height } = await boxOf(
    await studio.render('branding', settings, { photo, templates: { logo } }),
  )
  assert.equal([width, height], [40, 120])
})

test('opacity mixes the logo with the photo', async ({ studio, photo, logo }) => {
  const redAt = async (opacity: number) => {
    const settings = { logo: true, position: 'center', opacity, format: 'png' }
    const [red = 0] = await pixelAt(
      await studio.render('branding', settings, { photo, templates: { logo } }),
      300,
      200,
    )
    return red
  }
  assert.is(await redAt(100), 255)
  assert.ok(Math.abs((await redAt(50)) - (0x20 + 255) / 2) < 3)
  assert.is(await redAt(0), 0x20)
})

test('a transparent logo lets the photo through', async ({ studio, photo }) => {
  const hole = Buffer.from('<svg width="60" height="30"><rect x="20" width="20" height="30"/></svg>')
  const logo = await studio.savePng(
    plain(60, 30, '#ff0000')
      .ensureAlpha()
      .composite([{ input: hole, blend: 'dest-out' }]),
  )
  const settings = { logo: true, position: 'center', format: 'png' }
  const picture = await studio.render('branding', settings, { photo, templates: { logo } })
  assert.equal(await pixelAt(picture, 300, 200), [0x20, 0x20, 0x20])
  assert.equal(await pixelAt(picture, 250, 200), [255, 0, 0])
})

test('logo and text stand above each other without touching', async ({ studio, photo, logo }) => {
  const render = async (settings: Record<string, unknown>) =>
    boxOf(
      await studio.render(
        'branding',
        { position: 'bottom', text_size: 6, format: 'png', ...settings },
        { photo, templates: { logo } },
      ),
    )
  const alone = await render({ text: 'Anna', color: '#00ff00' })
  const both = await render({ text: 'Anna', color: '#00ff00', logo: true })
  assert.is(both.top + both.height, alone.top + alone.height)
  assert.ok(both.height > alone.height + 60, `${both.height} ${alone.height}`)
})

test('{date} and {time} are those of the photo, in the chosen zone and language', async ({
  studio,
  photo,
}) => {
  const createdAt = Date.UTC(2025, 11, 31, 23, 30)
  const render = (text: string, more: Record<string, unknown> = {}) =>
    studio.render(
      'branding',
      { text, time_zone: 'UTC', position: 'center', text_size: 8, format: 'png', ...more },
      { photo, createdAt },
    )
  const isSame = async (a: Promise<LocalPicture>, b: Promise<LocalPicture>) =>
    (await differenceOf(await a, await b)) === 0
  assert.ok(await isSame(render('{date}, {time}'), render('31 December 2025, 23:30')))
  const abroad = render('{date}, {time}', { time_zone: 'Asia/Tokyo' })
  assert.ok(await isSame(abroad, render('1 January 2026, 08:30')))
  assert.ok(await isSame(render('{date}', { locale: 'de-DE' }), render('31. Dezember 2025')))
  assert.not(await isSame(render('{date}'), render('{time}')))
})

test('a line that is too long is made smaller and stays inside of the margins', async ({ studio, photo }) => {
  const settings = { text: 'word '.repeat(30), position: 'bottom', text_size: 10, margin: 5, format: 'png' }
  const { left, width, height } = await boxOf(await studio.render('branding', settings, { photo }))
  assert.ok(left >= 10 && left + width <= 590, `${left} ${width}`)
  assert.ok(width > 400 && height < 30, `${width} ${height}`)
})

test('a picture too small for letters is returned without them', async ({ studio }) => {
  const photo = await studio.savePng(plain(3, 3, '#202020'))
  const picture = await studio.render('branding', { text: 'Anna & Ben', format: 'png' }, { photo })
  assert.is(await differenceOf(picture, photo), 0)
})

test('a logo that is no picture is named as the culprit, not the photo', async ({ studio, photo }) => {
  const logo = { path: import.meta.filename, mime: 'image/png' }
  const error = await rejectionOf(studio.render('branding', { logo: true }, { photo, templates: { logo } }))
  assert.is(error.code, 'bad_input')
  assert.match(error.message, /logo/)
})

test.run()
