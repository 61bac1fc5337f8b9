import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../src/errors.ts'
import { defaultImageLimits, inspectImage } from '../../src/media/image.ts'
import { makeFolder } from '../support/folder.ts'
import { heicPortrait, landscape, portrait } from '../support/photos.ts'
import * as craft from '../support/picture-bytes.ts'

const folder = await makeFolder()

async function inspect(bytes: Buffer | string, limits = defaultImageLimits, name = 'upload') {
  const path = join(folder.path, name)
  await writeFile(path, bytes)
  return inspectImage(path, limits)
}

async function refusalOf(bytes: Buffer | string, limits = defaultImageLimits): Promise<AppError> {
  const error = await inspect(bytes, limits).then(
    (found) => assert.unreachable(`accepted as ${JSON.stringify(found)}`),
    (reason: unknown) => reason,
  )
  if (!(error instanceof AppError)) throw error
  return error
}

const heic = await readFile(heicPortrait)
const withBrand = (brand: string) =>
  Buffer.concat([heic.subarray(0, 8), Buffer.from(brand), heic.subarray(12)])

const accepted = {
  jpg: { bytes: await readFile(landscape), mime: 'image/jpeg', widthPx: 640, heightPx: 427 },
  png: { bytes: await sharp(landscape).png().toBuffer(), mime: 'image/png', widthPx: 640, heightPx: 427 },
  webp: { bytes: await sharp(landscape).webp().toBuffer(), mime: 'image/webp', widthPx: 640, heightPx: 427 },
  heic: { bytes: heic, mime: 'image/heic', widthPx: 512, heightPx: 512 },
  heif: { bytes: withBrand('mif1'), mime: 'image/heif', widthPx: 512, heightPx: 512 },
} as const

const test = suite('media/image')
test.after(folder.remove)

for (const [extension, { bytes, ...expected }] of Object.entries(accepted)) {
  test(`a photo in ${extension} is known by its bytes, whatever its name says`, async () => {
    for (const name of ['upload', 'photo.gif', `photo.${extension}`]) {
      assert.equal(await inspect(bytes, defaultImageLimits, name), {
        extension,
        ...expected,
        sizeBytes: bytes.length,
      })
    }
  })

  test(`a photo in ${extension} that breaks off anywhere is refused`, async () => {
    const cuts = Array.from({ length: 20 }, (_, index) => Math.round(((index + 1) * bytes.length) / 21))
    for (const length of [
      1,
      2,
      3,
      4,
      11,
      12,
      13,
      30,
      ...cuts,
      bytes.length - 13,
      bytes.length - 2,
      bytes.length - 1,
    ]) {
      const error = await refusalOf(bytes.subarray(0, length))
      // Of less than that not even the type is sure.
      if (length >= 30) assert.is(error.details?.reason, 'truncated', `${length} bytes`)
    }
  })

  test(`a photo in ${extension} with anything behind it is refused`, async () => {
    const behind = [
      Buffer.from('A'),
      Buffer.from('<html><script>alert(1)</script></html>'),
      Buffer.from('<?php phpinfo();'),
    ]
    for (const foreign of [...behind, Buffer.from('%PDF-1.7\n%%EOF'), craft.zip(), craft.zip(bytes.length)]) {
      const error = await refusalOf(Buffer.concat([bytes, foreign]))
      assert.is(error.code, 'invalid_request')
      assert.match(String(error.details?.reason), /^(trailing_data|foreign_data)$/)
    }
  })
}

test('a photo of 24 megapixels is accepted', async () => {
  const large = await sharp(portrait).resize(6000, 4000, { fit: 'cover' }).jpeg({ quality: 95 }).toBuffer()
  assert.equal(await inspect(large), {
    mime: 'image/jpeg',
    extension: 'jpg',
    widthPx: 6000,
    heightPx: 4000,
    sizeBytes: large.length,
  })
})

test('a PNG whose picture begins far behind is known as one', async () => {
  const profile = craft.withPngChunk(accepted.png.bytes, craft.pngChunk('prIv', Buffer.alloc(3_000_000, 7)))
  assert.is((await inspect(profile)).mime, 'image/png')
})

test('an animated PNG or WebP is its first frame', async () => {
  const animated = craft.withPngChunk(accepted.png.bytes, craft.pngChunk('acTL', Buffer.alloc(8, 1)))
  assert.is((await inspect(animated)).mime, 'image/png')
  assert.equal(await inspect(animation), {
    mime: 'image/webp',
    extension: 'webp',
    widthPx: 32,
    heightPx: 32,
    sizeBytes: animation.length,
  })
})

const tiff = await sharp(landscape).tiff().toBuffer()
const others: Record<string, [Buffer | string, string]> = {
  GIF: [await sharp(landscape).resize(64).gif().toBuffer(), 'image/gif'],
  AVIF: [await sharp(landscape).resize(64).avif({ effort: 0 }).toBuffer(), 'image/avif'],
  'AVIF that calls itself HEIF': [
    Buffer.from(
      (await sharp(landscape).resize(64).avif({ effort: 0 }).toBuffer())
        .toString('latin1')
        .replace('avif', 'mif1'),
      'latin1',
    ),
    'image/avif',
  ],
  TIFF: [tiff, 'image/tiff'],
  SVG: ['<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>', 'image/svg+xml'],
  'SVG with a declaration': ['<?xml version="1.0"?>\n<svg width="10" height="10"></svg>', 'image/svg+xml'],
  PDF: ['%PDF-1.7\n1 0 obj\n<<>>\nendobj\n', 'application/pdf'],
  MP4: [craft.movie(), 'video/mp4'],
  ZIP: [craft.zip(), 'application/zip'],
}
for (const [what, [bytes, detected]] of Object.entries(others)) {
  test(`a file of another kind is unsupported and named: ${what}`, async () => {
    const error = await refusalOf(bytes)
    assert.is(error.code, 'unsupported_media_type')
    assert.is(error.details?.detected, detected)
  })
}

const nonsense: Record<string, [Buffer | string, string]> = {
  'an empty file': ['', 'empty'],
  text: ['Dear Sir or Madam, this is no photo.', 'not_an_image'],
  HTML: ['<!doctype html><html><body><script>alert(1)</script></body></html>', 'not_an_image'],
  PHP: ['<?php phpinfo();', 'not_an_image'],
  zeros: [Buffer.alloc(100_000), 'not_an_image'],
  'a JPEG without its first byte': [accepted.jpg.bytes.subarray(1), 'not_an_image'],
}
for (const [what, [bytes, reason]] of Object.entries(nonsense)) {
  test(`what is no picture is refused: ${what}`, async () => {
    const error = await refusalOf(bytes)
    assert.is(error.code, 'invalid_request')
    assert.is(error.details?.reason, reason)
  })
}

const patched = (bytes: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes)
  change(copy)
  return copy
}
const tinyPng = await sharp(landscape).resize(8, 8).png().toBuffer()
const translucent = await sharp(landscape).ensureAlpha(0.5).webp().toBuffer()
const frames = await sharp(portrait).resize(32, 64, { fit: 'fill' }).raw().toBuffer()
const animation = await sharp(frames, { raw: { width: 32, height: 64, channels: 3, pageHeight: 32 } })
  .webp()
  .toBuffer()
const bombs: Record<string, [Buffer, string]> = {
  'a PNG of 60000 × 60000 with next to no data': [
    craft.withPngDimensions(tinyPng, 60_000, 60_000),
    'edge_too_long',
  ],
  'a PNG of 20000 × 20000': [craft.withPngDimensions(tinyPng, 20_000, 20_000), 'too_many_pixels'],
  'a PNG whose sides multiply to more than 32 bits': [
    craft.withPngDimensions(tinyPng, 0x7fffffff, 0x7fffffff),
    'edge_too_long',
  ],
  'a JPEG of 20000 × 20000': [
    patched(accepted.jpg.bytes, (copy) => {
      const frame = craft.frameOf(copy)
      copy.writeUInt16BE(20_000, frame + 5)
      copy.writeUInt16BE(20_000, frame + 7)
    }),
    'too_many_pixels',
  ],
  'a WebP of 16383 × 16383': [
    patched(accepted.webp.bytes, (copy) => {
      copy.writeUInt16LE(16_383, 26)
      copy.writeUInt16LE(16_383, 28)
    }),
    'too_many_pixels',
  ],
  'an animated WebP with a canvas of 65000 × 65000': [
    patched(animation, (copy) => {
      copy.writeUIntLE(64_999, 24, 3)
      copy.writeUIntLE(64_999, 27, 3)
    }),
    'edge_too_long',
  ],
  'a WebP with transparency whose canvas alone is large': [
    patched(translucent, (copy) => copy.writeUIntLE(60_000, 24, 3)),
    'corrupt',
  ],
  'a HEIC of 20000 × 20000': [
    patched(heic, (copy) => {
      copy.writeUInt32BE(20_000, copy.indexOf('ispe') + 8)
      copy.writeUInt32BE(20_000, copy.indexOf('ispe') + 12)
    }),
    'too_many_pixels',
  ],
}
for (const [what, [bytes, reason]] of Object.entries(bombs)) {
  test(`a picture that would fill the memory is refused by its header: ${what}`, async () => {
    const error = await refusalOf(bytes)
    assert.is(error.code, 'invalid_request')
    assert.is(error.details?.reason, reason)
  })
}

test('the limits are the ones given, and a photo exactly at them is accepted', async () => {
  const { bytes } = accepted.jpg
  assert.is((await inspect(bytes, { maxPixels: 640 * 427, maxEdgePx: 640 })).widthPx, 640)
  assert.equal((await refusalOf(bytes, { maxPixels: 640 * 427 - 1, maxEdgePx: 640 })).details, {
    reason: 'too_many_pixels',
    width_px: 640,
    height_px: 427,
    max_pixels: 640 * 427 - 1,
  })
  assert.equal((await refusalOf(bytes, { maxPixels: 640 * 427, maxEdgePx: 639 })).details, {
    reason: 'edge_too_long',
    width_px: 640,
    height_px: 427,
    max_edge_px: 639,
  })
})

test('a file that cannot be read is storage_unavailable', async () => {
  const error = await inspectImage(join(folder.path, 'absent'), defaultImageLimits).catch(
    (reason: unknown) => reason,
  )
  assert.instance(error, AppError)
  assert.is((error as AppError).code, 'storage_unavailable')
})

test.run()
