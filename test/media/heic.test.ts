import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../src/errors.ts'
import { decodeHeic } from '../../src/media/heic.ts'
import { defaultImageLimits, inspectImage } from '../../src/media/image.ts'
import { listFiles } from '../support/files.ts'
import { makeFolder } from '../support/folder.ts'
import { heicPair, heicPortrait, portrait } from '../support/photos.ts'
import * as craft from '../support/picture-bytes.ts'

sharp.cache(false) // It remembers pictures by file name alone; here several have the same.

const folder = await makeFolder()
const target = join(folder.path, 'decoded.jpg')
const unhurried = () => new AbortController().signal

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.unreachable('should have been rejected'),
    (reason: unknown) => reason,
  )
}

async function write(name: string, bytes: Buffer): Promise<string> {
  const path = join(folder.path, name)
  await writeFile(path, bytes)
  return path
}

/** The mean difference of two pictures' sRGB values, 0 to 255. */
async function difference(one: Buffer | string, other: Buffer | string): Promise<number> {
  const [a, b] = await Promise.all(
    [one, other].map((picture) => sharp(picture).resize(64, 64).removeAlpha().raw().toBuffer()),
  )
  assert.ok(a && b && a.length === b.length)
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length
}

const test = suite('media/heic')
test.after(folder.remove)

test('a HEIC photo becomes a whole JPEG of the same size and picture', async () => {
  await decodeHeic(heicPortrait, target, unhurried())
  assert.equal(await inspectImage(target, defaultImageLimits), {
    mime: 'image/jpeg',
    extension: 'jpg',
    widthPx: 512,
    heightPx: 512,
    sizeBytes: (await stat(target)).size,
  })
  assert.ok((await difference(target, portrait)) < 3)
})

test('the colour profile comes along: without it the colours are others', async () => {
  await decodeHeic(heicPortrait, target, unhurried())
  const { icc } = await sharp(target).metadata()
  assert.ok(icc)
  assert.ok((await readFile(heicPortrait)).includes(icc))
  const untagged = await withoutProfile(target)
  assert.ok((await difference(untagged, portrait)) > (await difference(target, portrait)) + 1)
})

/** The same pixels, the profile's marker turned into one that nobody reads. */
async function withoutProfile(path: string): Promise<Buffer> {
  const jpeg = Buffer.from(await readFile(path))
  const at = jpeg.indexOf('ICC_PROFILE')
  assert.ok(at > 0)
  jpeg.write('NOT', at)
  return jpeg
}

test('the photo is turned upright where the file asks for it', async () => {
  // The 16 bytes of `pixi` become an `irot` of the same length: by 90° anticlockwise, three times.
  const bytes = await readFile(heicPortrait)
  const at = bytes.indexOf('pixi')
  bytes.write('irot', at)
  bytes.writeUInt8(3, at + 4)
  await decodeHeic(await write('turned.heic', bytes), target, unhurried())
  assert.ok((await difference(target, await sharp(portrait).rotate(90).toBuffer())) < 3)
})

test('of several pictures in a file the primary one is decoded', async () => {
  const second = craft.withPrimaryPicture(await readFile(heicPair), 2)
  await decodeHeic(await write('pair.heic', second), target, unhurried())
  assert.ok((await difference(target, portrait)) < 6)
})

test('a file that cannot be decoded is bad_input, and nothing is written', async () => {
  const bytes = await readFile(heicPortrait)
  const emptied = Buffer.from(bytes).fill(0, bytes.indexOf('mdat') + 4)
  for (const broken of [
    emptied,
    bytes.subarray(0, 20_000),
    Buffer.from('no picture'),
    await readFile(portrait),
  ]) {
    const source = await write('broken.heic', broken)
    const error = await rejectionOf(decodeHeic(source, join(folder.path, 'never.jpg'), unhurried()))
    assert.instance(error, AppError)
    assert.is((error as AppError).code, 'bad_input')
  }
  assert.not((await listFiles(folder.path)).includes('never.jpg'))
})

test('more pixels than the limit are refused before any memory is taken for them', async () => {
  const bytes = await readFile(heicPortrait)
  bytes.writeUInt32BE(20_000, bytes.indexOf('ispe') + 8)
  bytes.writeUInt32BE(20_000, bytes.indexOf('ispe') + 12)
  const error = await rejectionOf(decodeHeic(await write('bomb.heic', bytes), target, unhurried()))
  assert.is((error as AppError).code, 'bad_input')
  assert.match(String((error as AppError).cause), /too many pixels/)
})

test('when the signal fires the decoding ends with its reason, and writes nothing', async () => {
  const controller = new AbortController()
  const reason = new Error('the deadline')
  const decoding = rejectionOf(decodeHeic(heicPortrait, join(folder.path, 'late.jpg'), controller.signal))
  controller.abort(reason)
  assert.is(await decoding, reason)
  assert.not((await listFiles(folder.path)).includes('late.jpg'))
})

test('a signal that has fired before starts nothing', async () => {
  const reason = new Error('too late')
  assert.is(await rejectionOf(decodeHeic('/nowhere', target, AbortSignal.abort(reason))), reason)
})

test.run()
