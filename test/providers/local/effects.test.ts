import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { effectNames } from '../../../src/providers/local/settings.ts'
import type { LocalPicture } from '../../../src/providers/provider.ts'
import { landscape, portrait } from '../../support/photos.ts'
import { differenceOf, meansOf, openStudio, plain, type Studio } from '../../support/studio.ts'
import { jpegAt } from '../../support/task.ts'

const test = suite<{ studio: Studio }>('providers/local/effects')

test.before.each(async (context) => {
  context.studio = await openStudio()
})
test.after.each(({ studio }) => studio.remove())

const photo = jpegAt(portrait)

const apply = (studio: Studio, effect: string, strength = 100, of = photo) =>
  studio.render('filter', { effect, strength, format: 'png' }, { photo: of })

async function readPixels({ path }: LocalPicture): Promise<number[][]> {
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true })
  return Array.from({ length: info.width * info.height }, (_, index) => [
    ...data.subarray(index * info.channels, (index + 1) * info.channels),
  ])
}

/** How much neighbouring pixels differ on the average. */
async function detailOf({ path }: LocalPicture): Promise<number> {
  const { data, info } = await sharp(path)
    .greyscale()
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true })
  let sum = 0
  for (let at = 1; at < data.length; at += 1) {
    if (at % info.width > 0) sum += Math.abs((data[at] ?? 0) - (data[at - 1] ?? 0))
  }
  return sum / data.length
}

/** The mean of max - min over the channels: 0 is grey. */
async function colourOf(picture: LocalPicture): Promise<number> {
  const pixels = await readPixels(picture)
  return pixels.reduce((sum, pixel) => sum + Math.max(...pixel) - Math.min(...pixel), 0) / pixels.length
}

for (const effect of effectNames) {
  test(`${effect} changes the photo, less at half strength, and not at all at none`, async ({ studio }) => {
    const none = await differenceOf(await apply(studio, effect, 0), photo)
    const half = await differenceOf(await apply(studio, effect, 50), photo)
    const full = await differenceOf(await apply(studio, effect), photo)
    assert.is(none, 0)
    assert.ok(half > 1, `half ${half}`)
    assert.ok(full > half * 1.2, `full ${full}, half ${half}`)
  })
}

test('noir is grey in every pixel, with deeper shadows and brighter lights', async ({ studio }) => {
  const pixels = await readPixels(await apply(studio, 'noir'))
  assert.ok(pixels.every(([red, green, blue]) => red === green && green === blue))
  const toneOf = async (ground: string) =>
    (await meansOf(await apply(studio, 'noir', 100, await studio.savePng(plain(8, 8, ground)))))[0]
  assert.ok((await toneOf('#404040')) < 0x40 - 10)
  assert.ok((await toneOf('#d0d0d0')) > 0xd0 + 10)
})

test('noir at 99 % looks as at 100 %, although it is computed in another way', async ({ studio }) => {
  assert.ok((await differenceOf(await apply(studio, 'noir', 99), await apply(studio, 'noir'))) < 6)
})

test('sepia has more red than green and more green than blue in every tone', async ({ studio }) => {
  const pixels = await readPixels(await apply(studio, 'sepia'))
  assert.ok(pixels.every(([red = 0, green = 0, blue = 0]) => red >= green && green >= blue))
  const [red, green, blue] = await meansOf(await apply(studio, 'sepia'))
  assert.ok(red > green + 10 && green > blue + 15, `${red} ${green} ${blue}`)
})

test('vivid is more colourful and leaves grey grey', async ({ studio }) => {
  assert.ok((await colourOf(await apply(studio, 'vivid'))) > (await colourOf(photo)) * 1.2)
  const grey = await studio.savePng(plain(20, 20, '#808080'))
  assert.ok((await colourOf(await apply(studio, 'vivid', 100, grey))) < 1)
})

test('warm moves red away from blue, and cool the other way', async ({ studio }) => {
  const warmthOf = async (picture: LocalPicture) => {
    const [red, , blue] = await meansOf(picture)
    return red - blue
  }
  const own = await warmthOf(photo)
  assert.ok((await warmthOf(await apply(studio, 'warm'))) > own + 15)
  assert.ok((await warmthOf(await apply(studio, 'cool'))) < own - 15)
})

test('pop-art prints black as navy, middle grey as pink and white as yellow', async ({ studio }) => {
  const expectations: [ground: string, isExpected: (means: number[]) => boolean][] = [
    ['#000000', ([red = 0, green = 0, blue = 0]) => red < 10 && green < 10 && blue > 80],
    ['#707070', ([red = 0, green = 0, blue = 0]) => red > 200 && green < 60 && blue > 50],
    ['#ffffff', ([red = 0, green = 0, blue = 0]) => red > 245 && green > 245 && blue < 100],
  ]
  for (const [ground, isExpected] of expectations) {
    const area = await studio.savePng(plain(120, 80, ground))
    const means = await meansOf(await apply(studio, 'pop-art', 100, area))
    assert.ok(isExpected(means), `${ground}: ${means}`)
  }
})

test('pop-art renders a tone between its colours as dots', async ({ studio }) => {
  const area = await studio.savePng(plain(240, 160, '#969696'))
  const { channels } = await sharp((await apply(studio, 'pop-art', 100, area)).path).stats()
  assert.ok((channels[1]?.stdev ?? 0) > 80, `green ${channels[1]?.stdev}`)
  assert.ok((channels[0]?.stdev ?? 255) < 5, `red ${channels[0]?.stdev}`)
})

test('posterize leaves six tones of a grey ramp, from black to white', async ({ studio }) => {
  const ramp = Buffer.from(Array.from({ length: 256 * 8 }, (_, at) => at % 256))
  const area = await studio.savePng(sharp(ramp, { raw: { width: 256, height: 8, channels: 1 } }))
  const tones = new Set((await readPixels(await apply(studio, 'posterize', 100, area))).map(([red]) => red))
  assert.equal(
    [...tones].sort((a = 0, b = 0) => a - b),
    [0, 51, 102, 153, 204, 255],
  )
})

test('vignette darkens the corners alike and leaves the centre', async ({ studio }) => {
  for (const [width, height] of [
    [300, 200],
    [201, 301],
    [64, 3300],
  ] as const) {
    const area = await studio.savePng(plain(width, height, '#c8c8c8'))
    const pixels = await readPixels(await apply(studio, 'vignette', 100, area))
    const redAt = (x: number, y: number) => pixels[y * width + x]?.[0] ?? 0
    const corners = [redAt(0, 0), redAt(width - 1, 0), redAt(0, height - 1), redAt(width - 1, height - 1)]
    assert.is(redAt(Math.floor(width / 2), Math.floor(height / 2)), 200)
    assert.ok(Math.max(...corners) < 80 && Math.min(...corners) > 20, `${corners}`)
    assert.is(new Set(corners).size, 1)
  }
})

test('vignette comes out alike in every format', async ({ studio }) => {
  const render = (format: string) =>
    studio.render('filter', { effect: 'vignette', format, quality: 100 }, { photo: jpegAt(landscape) })
  const png = await render('png')
  assert.is((await sharp(png.path).metadata()).hasAlpha, false)
  assert.ok((await differenceOf(await render('jpeg'), png)) < 3)
  assert.ok((await differenceOf(await render('webp'), png)) < 3)
})

test('soft-focus has less detail, and keeps the brightness and the colour of an even area', async ({
  studio,
}) => {
  assert.ok((await detailOf(await apply(studio, 'soft-focus'))) < (await detailOf(photo)) * 0.75)
  const area = await studio.savePng(plain(301, 201, '#a06040'))
  const [red, green, blue] = await meansOf(await apply(studio, 'soft-focus', 100, area))
  assert.ok(Math.abs(red - 0xa0) < 12 && Math.abs(green - 0x60) < 12 && Math.abs(blue - 0x40) < 12)
  assert.ok(red > green && green > blue)
})

test.run()
