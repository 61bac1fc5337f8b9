import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { acceptFromVendor, prepareForVendor } from '../../src/providers/vendor-photo.ts'
import { makeFolder } from '../support/folder.ts'
import { landscape, portrait } from '../support/photos.ts'
import { rejectionOf } from '../support/rejection.ts'
import { jpegAt, pngAt } from '../support/task.ts'

const test = suite('providers/vendor-photo')

async function inFolder(check: (folder: string) => Promise<void>): Promise<void> {
  const folder = await makeFolder()
  try {
    await check(folder.path)
  } finally {
    await folder.remove()
  }
}

test('a photo becomes a JPEG of the size that the vendor wants, with what it was measured at', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'copy.jpg')
    const photo = await prepareForVendor(jpegAt(landscape), path, { maxEdgePx: 300 })
    const { format, width, height, size } = await sharp(await readFile(path)).metadata()
    assert.equal([format, Math.max(width, height)], ['jpeg', 300])
    assert.equal(photo, { path, mime: 'image/jpeg', widthPx: width, heightPx: height, sizeBytes: size })
  })
})

test('a small photo is not enlarged', async () => {
  await inFolder(async (folder) => {
    const { width } = await sharp(portrait).metadata()
    const photo = await prepareForVendor(jpegAt(portrait), join(folder, 'copy.jpg'), { maxEdgePx: 20_000 })
    assert.is(photo.widthPx, width)
  })
})

test('a camera that was held sideways makes an upright photo without metadata', async () => {
  await inFolder(async (folder) => {
    const turned = join(folder, 'turned.jpg')
    const { width, height } = await sharp(landscape).metadata()
    const meta = { orientation: 6, exif: { IFD0: { Artist: 'somebody' } } }
    await sharp(landscape).withMetadata(meta).toFile(turned)
    const path = join(folder, 'copy.jpg')
    const photo = await prepareForVendor(jpegAt(turned), path, { maxEdgePx: 20_000 })
    assert.equal([photo.widthPx, photo.heightPx], [height, width])
    const { orientation, exif, icc } = await sharp(await readFile(path)).metadata()
    assert.equal([orientation, exif, icc], [undefined, undefined, undefined])
  })
})

test('what is transparent becomes white, and other colours become sRGB', async () => {
  await inFolder(async (folder) => {
    const glass = join(folder, 'glass.png')
    const create = { width: 8, height: 8, channels: 4, background: '#0000' } as const
    await sharp({ create }).png().toFile(glass)
    const path = join(folder, 'copy.jpg')
    await prepareForVendor(pngAt(glass), path, { maxEdgePx: 100 })
    const { channels, dominant } = await sharp(await readFile(path)).stats()
    assert.is(channels.length, 3)
    assert.ok(dominant.r > 240 && dominant.b > 240)

    const print = join(folder, 'print.jpg')
    await sharp(portrait).toColourspace('cmyk').toFile(print)
    await prepareForVendor(jpegAt(print), path, { maxEdgePx: 100 })
    assert.is((await sharp(await readFile(path)).metadata()).space, 'srgb')
  })
})

test('a photo that is no picture, or half of one, is bad input', async () => {
  await inFolder(async (folder) => {
    const whole = await readFile(portrait)
    for (const bytes of [whole.subarray(0, whole.length / 2), Buffer.from('no picture'), Buffer.alloc(0)]) {
      const path = join(folder, 'broken.jpg')
      await writeFile(path, bytes)
      const work = prepareForVendor(jpegAt(path), join(folder, 'copy.jpg'), { maxEdgePx: 100 })
      assert.is((await rejectionOf(work)).code, 'bad_input')
    }
  })
})

test("a vendor's picture becomes the format that was asked for, whatever it was", async () => {
  await inFolder(async (folder) => {
    const png = await sharp(portrait).png().toBuffer()
    for (const [format, name] of [
      ['jpeg', 'result.jpg'],
      ['png', 'result.png'],
      ['webp', 'result.webp'],
    ] as const) {
      const picture = await acceptFromVendor(png, folder, { format, quality: 90 })
      assert.equal([basename(picture.path), picture.mime], [name, `image/${format}`])
      assert.is((await sharp(await readFile(picture.path)).metadata()).format, format)
    }
  })
})

test('a PNG keeps all its colours, whatever the quality for the other formats', async () => {
  await inFolder(async (folder) => {
    const { path } = await acceptFromVendor(portrait, folder, { format: 'png', quality: 50 })
    const [before, after] = await Promise.all([portrait, path].map((file) => sharp(file).raw().toBuffer()))
    assert.ok(after && before?.equals(after))
  })
})

test('quality and the longer edge are kept to', async () => {
  await inFolder(async (folder) => {
    const sizeAt = async (quality: number) => {
      const { path } = await acceptFromVendor(portrait, folder, {
        format: 'jpeg',
        quality,
        long_edge_px: 200,
      })
      const { size, width, height } = await sharp(await readFile(path)).metadata()
      assert.is(Math.max(width, height), 200)
      return size ?? 0
    }
    assert.ok((await sizeAt(30)) < (await sizeAt(95)))
  })
})

test('what is no picture, or broken, or drawn by instructions, is a bad response', async () => {
  await inFolder(async (folder) => {
    const whole = await readFile(portrait)
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="5"/></svg>'
    for (const bytes of [
      Buffer.from('<!DOCTYPE html><html><body>sign in</body></html>'),
      Buffer.from(svg),
      whole.subarray(0, whole.length / 2),
      Buffer.alloc(0),
    ]) {
      const source = join(folder, 'answer')
      await writeFile(source, bytes)
      for (const given of [bytes, source]) {
        const error = await rejectionOf(acceptFromVendor(given, folder, { format: 'jpeg', quality: 90 }))
        assert.is(error.code, 'bad_response')
      }
    }
  })
})

test.run()
