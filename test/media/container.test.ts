import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../src/errors.ts'
import { openLocalFile } from '../../src/lib/local-file.ts'
import { createByteReader } from '../../src/media/container/byte-reader.ts'
import { type ContainerKind, walkContainer } from '../../src/media/container.ts'
import { makeFolder } from '../support/folder.ts'
import { heicPair, heicPortrait, landscape, portrait } from '../support/photos.ts'
import * as craft from '../support/picture-bytes.ts'

const folder = await makeFolder()
const path = join(folder.path, 'file')

/** `512×512`, or the reason of the refusal. */
async function walk(bytes: Buffer, kind: ContainerKind): Promise<string> {
  await writeFile(path, bytes)
  const file = openLocalFile(path)
  try {
    const { widthPx, heightPx } = await walkContainer(createByteReader(file), kind)
    return `${widthPx}×${heightPx}`
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.code === 'invalid_request' ? String(error.details?.reason) : error.code
  } finally {
    await file.close()
  }
}

const jpeg = await readFile(portrait)
const secondJpeg = await readFile(landscape)
const png = await sharp(portrait).png().toBuffer()
const webp = await sharp(portrait).webp().toBuffer()
const heic = await readFile(heicPortrait)
const frames = await sharp(portrait).resize(64, 96).raw().toBuffer()
const rawFrames = { width: 64, height: 96, channels: 3 as const, pageHeight: 32 }
const animatedWebp = await sharp(frames, { raw: rawFrames })
  .webp({ delay: [50, 50, 50] })
  .toBuffer()

const test = suite('media/container')
test.after(folder.remove)

const jpegScan = craft.scanOf(jpeg)
const jpegFrame = craft.frameOf(jpeg)
const withThumbnail = craft.withJpegSegment(
  jpeg,
  craft.jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), secondJpeg])),
)

const soundJpegs: Record<string, Buffer> = {
  'as the camera wrote it': jpeg,
  'progressive, with tables between its scans': await sharp(portrait).jpeg({ progressive: true }).toBuffer(),
  grey: await sharp(portrait).greyscale().jpeg().toBuffer(),
  CMYK: await sharp(portrait).toColourspace('cmyk').jpeg().toBuffer(),
  'with another JPEG in its EXIF segment': withThumbnail,
  'with fill bytes before markers': craft.insert(craft.insert(jpeg, jpegFrame, [0xff, 0xff]), 2, [0xff]),
  'with restart markers in its scan': craft.insert(jpeg, jpegScan, [0x12, 0xff, 0xd0, 0x34, 0xff, 0xd7]),
  'with one fill byte at the end of its scan': craft.insert(jpeg, jpeg.length - 2, [0xff]),
  'with fill bytes at the end of its scan': craft.insert(jpeg, jpeg.length - 2, [0xff, 0xff]),
  'with DNL behind its first scan': craft.insert(jpeg, jpeg.length - 2, [0xff, 0xdc, 0, 4, 2, 0]),
  'with an end-of-image inside a comment': craft.withJpegSegment(
    jpeg,
    craft.jpegSegment(0xfe, Buffer.from([0xff, 0xd9, 0xff, 0xd9])),
  ),
}
for (const [what, bytes] of Object.entries(soundJpegs)) {
  test(`a JPEG is whole: ${what}`, async () => {
    assert.is(await walk(bytes, 'jpeg'), '512×512')
  })
}

test('a JPEG larger than a block is whole, wherever the blocks meet its 0xff bytes', async () => {
  const stuffing = Buffer.from([0xff, 0])
  const data = Buffer.concat(Array.from({ length: 1_200_000 }, () => stuffing))
  for (const shift of [0, 1]) {
    const large = craft.insert(jpeg, jpegScan, Buffer.concat([Buffer.alloc(shift, 0x55), data]))
    assert.is(await walk(large, 'jpeg'), '512×512')
    assert.is(await walk(large.subarray(0, -2), 'jpeg'), 'truncated')
  }
})

test('a JPEG is whole when the two bytes that end it lie in two blocks', async () => {
  const blocks = 2 * 1024 * 1024
  const plain = Buffer.concat([jpeg.subarray(0, jpegScan), Buffer.alloc(blocks, 0x55)]).subarray(
    0,
    blocks - 1,
  )
  assert.is(await walk(Buffer.concat([plain, Buffer.from([0xff, 0xd9])]), 'jpeg'), '512×512')
})

const padding = Buffer.alloc(5000)
const cameraTrailers: Record<string, Buffer> = {
  zeros: padding,
  'bytes of 0xff': Buffer.alloc(300, 0xff),
  'another JPEG, as Multi-Picture Format has it': secondJpeg,
  'padding and two more JPEGs and padding': Buffer.concat([
    padding,
    secondJpeg,
    padding,
    jpeg,
    Buffer.alloc(9),
  ]),
  'padding of 0xff and another JPEG': Buffer.concat([Buffer.alloc(7, 0xff), secondJpeg]),
  'a motion photo': craft.movie(),
  'padding and a motion photo': Buffer.concat([padding, craft.movie()]),
  'a gain map and a motion photo': Buffer.concat([secondJpeg, craft.movie()]),
  "Samsung's trailer": craft.samsungTrailer({
    Image_UTC_Data: Buffer.from('1700000000000'),
    Camera: Buffer.from('x'),
  }),
  "a motion photo in Samsung's trailer": craft.samsungTrailer({
    MotionPhoto_Data: craft.movie(),
    Image_UTC_Data: Buffer.from('1700000000000'),
  }),
  "a gain map and Samsung's trailer": Buffer.concat([
    secondJpeg,
    craft.samsungTrailer({ Camera: Buffer.from('x') }),
  ]),
}
for (const [what, trailer] of Object.entries(cameraTrailers)) {
  test(`what cameras and phones put behind a JPEG is accepted: ${what}`, async () => {
    assert.is(await walk(Buffer.concat([jpeg, trailer]), 'jpeg'), '512×512')
  })
}

const intoThePicture = craft.samsungTrailer({ Camera: Buffer.from('x') })
intoThePicture.writeUInt32LE(1000, intoThePicture.indexOf('SEFH') + 16)

const foreignTrailers: Record<string, Buffer> = {
  'one byte': Buffer.from('A'),
  'a line feed': Buffer.from('\n'),
  'padding and one byte': Buffer.concat([padding, Buffer.from('A')]),
  text: Buffer.from('<?php system($_GET["x"]); ?>'),
  'a JPEG and one byte': Buffer.concat([secondJpeg, Buffer.from('A')]),
  'a motion photo and one byte': Buffer.concat([craft.movie(), Buffer.from('A')]),
  'the word SEFT alone': Buffer.from('something SEFT'),
  'data that no directory of Samsung names': Buffer.concat([
    Buffer.from('something else'),
    craft.samsungTrailer({ Camera: Buffer.from('x') }),
  ]),
  "Samsung's directory of blocks inside the picture": intoThePicture,
  'more small JPEGs than any camera adds': Buffer.concat(
    Array.from({ length: 200 }, () => Buffer.concat([jpeg.subarray(0, jpegScan), Buffer.from([0xff, 0xd9])])),
  ),
}
for (const [what, trailer] of Object.entries(foreignTrailers)) {
  test(`anything else behind a JPEG is refused: ${what}`, async () => {
    assert.not.match(await walk(Buffer.concat([jpeg, trailer]), 'jpeg'), '×')
  })
}

test('a second JPEG or a movie that breaks off is refused as truncated', async () => {
  assert.is(await walk(Buffer.concat([jpeg, secondJpeg.subarray(0, -100)]), 'jpeg'), 'truncated')
  assert.is(await walk(Buffer.concat([jpeg, craft.movie().subarray(0, -10)]), 'jpeg'), 'truncated')
})

const frameWith = (change: (frame: Buffer) => void): Buffer => {
  const bytes = Buffer.from(jpeg)
  change(bytes.subarray(jpegFrame))
  return bytes
}
const brokenJpegs: Record<string, [Buffer, string]> = {
  'without a scan': [Buffer.concat([jpeg.subarray(0, jpegFrame), Buffer.from([0xff, 0xd9])]), 'corrupt'],
  'lossless, which no decoder here reads': [
    frameWith((frame) => frame.writeUInt8(0xc3, 1)),
    'unsupported_coding',
  ],
  'of 12 bits': [frameWith((frame) => frame.writeUInt8(12, 4)), 'unsupported_coding'],
  'of height 0': [frameWith((frame) => frame.writeUInt16BE(0, 5)), 'no_dimensions'],
  'with two frames': [craft.insert(jpeg, jpegFrame, jpeg.subarray(jpegFrame, jpegFrame + 19)), 'corrupt'],
  'with junk between its segments': [craft.insert(jpeg, jpegFrame, Buffer.from('junk')), 'corrupt'],
  'with another start inside': [craft.insert(jpeg, jpegFrame, [0xff, 0xd8]), 'corrupt'],
  'made of empty segments': [
    craft.insert(jpeg, 2, Buffer.concat(Array.from({ length: 20_000 }, () => craft.jpegSegment(0xef, '')))),
    'corrupt',
  ],
}
for (const [what, [bytes, reason]] of Object.entries(brokenJpegs)) {
  test(`a JPEG is refused: ${what}`, async () => {
    assert.is(await walk(bytes, 'jpeg'), reason)
  })
}

const end = craft.pngChunk('IEND', '')
const pngBody = png.subarray(0, -end.length)
const soundPngs: Record<string, Buffer> = {
  'as written': png,
  interlaced: await sharp(portrait).png({ progressive: true }).toBuffer(),
  'with a palette': await sharp(portrait).png({ palette: true }).toBuffer(),
  animated: craft.withPngChunk(png, craft.pngChunk('acTL', Buffer.alloc(8, 1))),
  'with text': craft.withPngChunk(png, craft.pngChunk('tEXt', 'Comment\0a < b, <b>bold</b>')),
  'with a chunk larger than a block': craft.withPngChunk(
    png,
    craft.pngChunk('prIv', Buffer.alloc(3_000_000, 7)),
  ),
  'with zeros behind': Buffer.concat([png, padding]),
}
for (const [what, bytes] of Object.entries(soundPngs)) {
  test(`a PNG is whole: ${what}`, async () => {
    assert.is(await walk(bytes, 'png'), '512×512')
  })
}

const flipped = Buffer.from(png)
flipped.writeUInt8(flipped.readUInt8(png.length >> 1) ^ 1, png.length >> 1)
const brokenPngs: Record<string, [Buffer, string]> = {
  'with one wrong bit': [flipped, 'corrupt'],
  'without IEND': [pngBody, 'truncated'],
  'with one byte behind': [Buffer.concat([png, Buffer.from('A')]), 'trailing_data'],
  'with zeros and one byte behind': [Buffer.concat([png, padding, Buffer.from('A')]), 'trailing_data'],
  'with a second picture behind': [Buffer.concat([png, png]), 'trailing_data'],
  'without data': [Buffer.concat([png.subarray(0, 33), end]), 'corrupt'],
  'that does not begin with its header': [craft.insert(png, 8, craft.pngChunk('prIv', 'x')), 'corrupt'],
  'with two headers': [craft.insert(png, 33, png.subarray(8, 33)), 'corrupt'],
  'of width 0': [craft.withPngDimensions(png, 0, 512), 'no_dimensions'],
}
for (const [what, [bytes, reason]] of Object.entries(brokenPngs)) {
  test(`a PNG is refused: ${what}`, async () => {
    assert.is(await walk(bytes, 'png'), reason)
  })
}

const translucent = await sharp(portrait).ensureAlpha(0.5).webp().toBuffer()
const soundWebps: Record<string, [Buffer, string]> = {
  lossy: [webp, '512×512'],
  lossless: [await sharp(portrait).webp({ lossless: true }).toBuffer(), '512×512'],
  'with transparency': [translucent, '512×512'],
  'with EXIF': [
    await sharp(portrait)
      .withExif({ IFD0: { Make: 'Camera' } })
      .webp()
      .toBuffer(),
    '512×512',
  ],
  'of one pixel': [await sharp(portrait).resize(1, 1).webp({ lossless: true }).toBuffer(), '1×1'],
  animated: [animatedWebp, '64×32'],
}
for (const [what, [bytes, dimensions]] of Object.entries(soundWebps)) {
  test(`a WebP is whole: ${what}`, async () => {
    assert.is(await walk(bytes, 'webp'), dimensions)
  })
}

function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes)
  change(copy)
  return copy
}
const brokenWebps: Record<string, [Buffer, string]> = {
  'with one byte behind': [Buffer.concat([webp, Buffer.from('A')]), 'trailing_data'],
  'with text behind that RIFF counts as its own': [
    changed(Buffer.concat([webp, Buffer.from('<b>')]), (copy) => copy.writeUInt32LE(copy.length - 8, 4)),
    'corrupt',
  ],
  'whose chunk is longer than the file': [
    changed(webp, (copy) => copy.writeUInt32LE(copy.length, 16)),
    'corrupt',
  ],
  'whose canvas is not its picture': [
    changed(translucent, (copy) => copy.writeUIntLE(600, 24, 3)),
    'corrupt',
  ],
  'whose canvas is smaller than a frame': [
    changed(animatedWebp, (copy) => copy.writeUIntLE(10, 24, 3)),
    'corrupt',
  ],
  'without a picture': [Buffer.from('RIFF\x0c\0\0\0WEBPEXIF\0\0\0\0', 'latin1'), 'corrupt'],
}
for (const [what, [bytes, reason]] of Object.entries(brokenWebps)) {
  test(`a WebP is refused: ${what}`, async () => {
    assert.is(await walk(bytes, 'webp'), reason)
  })
}

const renamed = (from: string, to: string): Buffer =>
  changed(heic, (copy) => {
    for (let at = copy.indexOf(from); at !== -1; at = copy.indexOf(from, at + 1)) copy.write(to, at, 'latin1')
  })
const soundHeics: Record<string, Buffer> = {
  'as a phone keeps it': heic,
  'with a motion photo in its own box': Buffer.concat([heic, craft.box('mpvd', craft.movie())]),
  "with Samsung's box": Buffer.concat([heic, craft.box('sefd', 'x'.repeat(100))]),
}
for (const [what, bytes] of Object.entries(soundHeics)) {
  test(`a HEIC is whole: ${what}`, async () => {
    assert.is(await walk(bytes, 'heif'), '512×512')
  })
}

test('of several pictures in a HEIC the primary one counts', async () => {
  const pair = await readFile(heicPair)
  assert.is(await walk(pair, 'heif'), '96×64')
  assert.is(await walk(craft.withPrimaryPicture(pair, 2), 'heif'), '64×64')
})

const brokenHeics: Record<string, [Buffer, string]> = {
  'with one byte behind': [Buffer.concat([heic, Buffer.from('A')]), 'trailing_data'],
  'with text behind': [Buffer.concat([heic, Buffer.from('<!-- some text -->')]), 'trailing_data'],
  'without its data': [heic.subarray(0, heic.indexOf('mdat') - 4), 'truncated'],
  'with AV1 inside, which is AVIF': [renamed('hvc1', 'av01'), 'unsupported_media_type'],
  'without a meta box': [renamed('meta', 'free'), 'unsupported_media_type'],
  'without a primary picture': [renamed('pitm', 'free'), 'corrupt'],
  'whose list of properties is longer than its box': [
    changed(craft.withPrimaryPicture(heic, 0x7777), (copy) =>
      copy.writeUInt32BE(0xffffffff, copy.indexOf('ipma') + 8),
    ),
    'corrupt',
  ],
  'without dimensions': [renamed('ispe', 'free'), 'corrupt'],
}
for (const [what, [bytes, reason]] of Object.entries(brokenHeics)) {
  test(`a HEIC is refused: ${what}`, async () => {
    assert.is(await walk(bytes, 'heif'), reason)
  })
}

const archiveAt = jpeg.length
const hidden: Record<string, [ContainerKind, Buffer]> = {
  'ZIP behind a JPEG, with offsets of its own': ['jpeg', Buffer.concat([jpeg, craft.zip()])],
  'ZIP behind a JPEG, with offsets of the whole': ['jpeg', Buffer.concat([jpeg, craft.zip(archiveAt)])],
  'ZIP in the comment of a small JPEG': [
    'jpeg',
    craft.withJpegSegment(secondJpeg, craft.jpegSegment(0xfe, craft.zip(6))),
  ],
  'ZIP in a PNG chunk': [
    'png',
    craft.insert(png, png.length - 12, craft.pngChunk('prIv', craft.zip(png.length - 4))),
  ],
  'ZIP in a HEIC box': ['heif', Buffer.concat([heic, craft.box('free', craft.zip(heic.length + 8))])],
  'PDF in a JPEG comment': ['jpeg', craft.withJpegSegment(jpeg, craft.jpegSegment(0xfe, '%PDF-1.7 1 0 obj'))],
  'PDF in a PNG text': ['png', craft.withPngChunk(png, craft.pngChunk('tEXt', 'Title\0%PDF-1.4'))],
  'HTML in a JPEG comment': ['jpeg', craft.withJpegSegment(jpeg, craft.jpegSegment(0xfe, '<HTML><body>'))],
  'PHP in a JPEG segment near the start': [
    'jpeg',
    craft.withJpegSegment(jpeg, craft.jpegSegment(0xef, '<?php 1 ?>')),
  ],
  'script in a JPEG comment far from the start': [
    'jpeg',
    craft.insert(
      jpeg,
      jpegFrame,
      Buffer.concat([craft.jpegSegment(0xef, padding), craft.jpegSegment(0xfe, '<sCript>')]),
    ),
  ],
  'script in a PNG text far from the start': [
    'png',
    craft.insert(png, png.length - 12, craft.pngChunk('tEXt', 'Comment\0<script>alert(1)</script>')),
  ],
}
for (const [what, [kind, bytes]] of Object.entries(hidden)) {
  test(`a picture that is something else too is refused: ${what}`, async () => {
    assert.is(await walk(bytes, kind), 'foreign_data')
  })
}

test('the four bytes that end a ZIP are no ZIP by themselves', async () => {
  const chance = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(60, 0x21)])
  assert.is(await walk(craft.withJpegSegment(jpeg, craft.jpegSegment(0xef, chance)), 'jpeg'), '512×512')
})

test('whatever is changed in a file, the walk answers or refuses', async () => {
  // A fixed linear congruential generator: the same changes in each run.
  let seed = 20_240_601
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  const kinds: [ContainerKind, Buffer][] = [
    ['jpeg', jpeg],
    ['png', png],
    ['webp', animatedWebp],
    ['heif', heic],
  ]
  for (const [kind, bytes] of kinds) {
    for (let round = 0; round < 150; round += 1) {
      const copy = Buffer.from(bytes)
      // Structure is mostly in front.
      const reach = round % 3 === 0 ? copy.length : Math.min(copy.length, 900)
      for (let change = 0; change < 4; change += 1) copy.writeUInt8(random(256), random(reach))
      assert.type(await walk(copy, kind), 'string')
    }
  }
})

test.run()
