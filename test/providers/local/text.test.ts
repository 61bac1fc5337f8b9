import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rawInput } from '../../../src/providers/local/pixels.ts'
import { renderText, type TextPicture } from '../../../src/providers/local/text.ts'
import { makeFolder } from '../../support/folder.ts'

const test = suite('providers/local/text')

const draw = async (text: string, color = '#ffffff'): Promise<TextPicture> => {
  const picture = await renderText({ text, heightPx: 40, maxWidthPx: 2000, color })
  if (!picture) throw new Error('Nothing was drawn.')
  return picture
}

const isSame = (a: TextPicture, b: TextPicture) => a.width === b.width && a.data.equals(b.data)

/** Share of the pixels that have nearly the text's own colour when it is laid on the ground. */
async function inkOn(
  ground: string,
  picture: TextPicture,
  isInk: (value: number) => boolean,
): Promise<number> {
  const { data, width, height } = picture
  const pixels = await sharp({ create: { width, height, channels: 3, background: ground } })
    .composite([{ input: data, ...rawInput(picture) }])
    .removeAlpha()
    .greyscale()
    .toColourspace('b-w')
    .raw()
    .toBuffer()
  return pixels.filter(isInk).length / pixels.length
}

test('Latin, Cyrillic and Greek letters and digits are drawn as different shapes', async () => {
  const pictures = await Promise.all(
    ['Anna', 'Анна', 'Άννα', '0123', '4567', 'Ёжик'].map((text) => draw(text)),
  )
  pictures.forEach((picture, index) => {
    assert.ok(pictures.slice(index + 1).every((other) => !isSame(picture, other)))
  })
  for (const picture of pictures) assert.ok((await inkOn('#000000', picture, (value) => value > 200)) > 0.1)
})

test('markup and entities in the text are letters, not markup', async () => {
  const [bold, plainText] = await Promise.all([draw('<b>x</b>'), draw('x')])
  assert.ok(bold.width > plainText.width * 3)
  assert.ok((await draw('&amp;')).width > (await draw('&')).width * 2)
  assert.ok((await draw('<span foreground="red"')).width > plainText.width * 5)
})

test('line breaks, control characters and half surrogate pairs do no harm', async () => {
  assert.ok(isSame(await draw('a\r\n\tb\u0000\u0007'), await draw('a b')))
  assert.ok(isSame(await draw('a\ud83d b'), await draw('a b')))
})

test('a text of nothing visible is no picture', async () => {
  for (const text of ['', '  \n ', '\u0000']) {
    assert.is(await renderText({ text, heightPx: 40, maxWidthPx: 500, color: '#fff' }), undefined)
  }
})

test('the shadow shows the letters on a ground of their own colour', async () => {
  assert.ok((await inkOn('#ffffff', await draw('Anna & Ben'), (value) => value < 150)) > 0.1)
  assert.ok((await inkOn('#000000', await draw('Anna & Ben', '#000'), (value) => value > 105)) > 0.1)
})

test('short colours mean the same as long ones', async () => {
  assert.ok(isSame(await draw('x', '#fb2'), await draw('x', '#ffbb22')))
})

test('a machine without fonts draws the same line, and nothing appears on stderr', async () => {
  const folder = await makeFolder()
  try {
    const script = `
      import { renderText } from './src/providers/local/text.ts'
      const picture = await renderText({ text: 'Анна & Ben 2025', heightPx: 40, maxWidthPx: 2000, color: '#fff' })
      const { width, height, bleedPx, data } = picture
      const ink = data.reduce((sum, value) => sum + value, 0) / data.length
      process.stdout.write(JSON.stringify({ width, height, bleedPx, ink }))`
    const measure = (env: NodeJS.ProcessEnv) => {
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ['--import', 'tsx', '--input-type=module', '--eval', script],
        { cwd: new URL('../../..', import.meta.url), env: { ...process.env, ...env }, encoding: 'utf8' },
      )
      assert.is(stderr, '')
      return JSON.parse(stdout) as { width: number; height: number; ink: number }
    }
    const usual = measure({})
    for (const env of [
      { FONTCONFIG_PATH: folder.path },
      { FONTCONFIG_PATH: folder.path, FONTCONFIG_FILE: join(folder.path, 'absent.conf') },
    ]) {
      const bare = measure(env)
      // A system's configuration may ask for another hinting, by which a line is a pixel longer.
      assert.ok(Math.abs(bare.width - usual.width) <= 4, `${bare.width} ${usual.width}`)
      assert.ok(Math.abs(bare.height - usual.height) <= 2, `${bare.height} ${usual.height}`)
      assert.ok(Math.abs(bare.ink - usual.ink) < 3, `${bare.ink} ${usual.ink}`)
    }
  } finally {
    await folder.remove()
  }
})

test.run()
