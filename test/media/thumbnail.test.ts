import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeThumbnail } from '../../src/media/thumbnail.ts'
import { listFiles } from '../support/files.ts'
import { makeFolder } from '../support/folder.ts'
import { heicPortrait, landscape, portrait } from '../support/photos.ts'

const folder = await makeFolder()
const source = join(folder.path, 'source')
const target = join(folder.path, 'thumbnail.webp')

async function thumbnailOf(picture: Sharp) {
  await writeFile(source, await picture.toBuffer())
  await makeThumbnail(source, target)
  return sharp(target).metadata()
}

const test = suite('media/thumbnail')
test.after(folder.remove)

test('a thumbnail is a WebP whose long edge is 480 pixels', async () => {
  const wide = await thumbnailOf(sharp(landscape))
  assert.equal([wide.format, wide.width, wide.height], ['webp', 480, 320])
  const high = await thumbnailOf(sharp(landscape).rotate(90).resize(1000).png())
  assert.equal([high.format, high.width, high.height], ['webp', 320, 480])
})

test('a small picture is not made larger', async () => {
  const { width, height } = await thumbnailOf(sharp(portrait).resize(200, 100))
  assert.equal([width, height], [200, 100])
})

test('a photo is turned upright, and its metadata stay behind', async () => {
  const found = await thumbnailOf(
    sharp(landscape)
      .withMetadata({ orientation: 6 })
      .withExifMerge({ IFD0: { Copyright: 'somebody' } }),
  )
  assert.equal([found.width, found.height], [320, 480])
  assert.is(found.exif, undefined)
  assert.is(found.orientation, undefined)
  assert.is(found.icc, undefined)
})

test('transparency and WebP sources are kept', async () => {
  const { hasAlpha } = await thumbnailOf(sharp(portrait).ensureAlpha(0.5).webp())
  assert.is(hasAlpha, true)
})

test('a HEIC source gets a thumbnail in sRGB, and the decoded picture is removed', async () => {
  await makeThumbnail(heicPortrait, target)
  const { width, height, icc } = await sharp(target).metadata()
  assert.equal([width, height, icc], [480, 480, undefined])
  const [made, expected] = await Promise.all([target, portrait].map((picture) => sharp(picture).stats()))
  assert.ok(made && expected)
  made.channels.forEach(({ mean }, index) => {
    assert.ok(Math.abs(mean - (expected.channels[index]?.mean ?? 0)) < 2)
  })
  assert.equal(await listFiles(folder.path), ['source', 'thumbnail.webp'])
})

test('a broken picture is an error', async () => {
  await writeFile(source, 'no picture at all')
  const outcome = await makeThumbnail(source, target).then(
    () => 'made',
    () => 'failed',
  )
  assert.is(outcome, 'failed')
})

test.run()
