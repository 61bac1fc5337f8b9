// What the double refuses before it plays anything, as the official client sees it.
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { AuthenticationError, toFile } from 'openai'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { portrait } from '../../support/photos.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { jpeg, withEmulator } from './official-client.ts'

const test = suite('emulators/openai-rules')

const refusals: readonly [Record<string, unknown>, string, string | null][] = [
  [{ model: 'gpt-image-1' }, 'model_not_found', null],
  [{ size: '4096x4096' }, 'invalid_value', 'size'],
  [{ size: '1000x1000' }, 'invalid_value', 'size'],
  [{ model: 'gpt-image-1.5', size: '1040x1040' }, 'invalid_value', 'size'],
  [{ quality: 'best' }, 'invalid_value', 'quality'],
  [{ model: 'gpt-image-2', quality: 'max' }, 'invalid_value', 'quality'],
  [{ input_fidelity: 'high' }, 'invalid_input_fidelity_model', 'input_fidelity'],
  [{ background: 'transparent', output_format: 'jpeg' }, 'invalid_value', 'background'],
  [{ output_format: 'png', output_compression: 50 }, 'invalid_value', 'output_compression'],
  [{ moderation: 'low' }, 'unknown_parameter', 'moderation'],
  [{ prompt: '' }, 'missing_required_parameter', 'prompt'],
]

test('what the vendor refuses is refused, and consumes no step', async () => {
  await withEmulator({ scenario: ['empty_data'], maxImageBytes: 1_000_000 }, async ({ emulator, edit }) => {
    for (const [changes, code, param] of refusals) {
      const error = (await rejectionOf(edit(changes))) as Error & { code?: string; param?: string | null }
      assert.equal([error.code, error.param], [code, param], JSON.stringify(changes))
    }
    const text = await jpeg(Buffer.from('no picture'))
    const cut = await jpeg((await readFile(portrait)).subarray(0, 20_000))
    const cmyk = await jpeg(await sharp(portrait).toColourspace('cmyk').jpeg().toBuffer())
    const tooLarge = await toFile(
      await sharp(portrait).resize(2_000).png({ compressionLevel: 0 }).toBuffer(),
      'photo.png',
      { type: 'image/png' },
    )
    const photo = await jpeg(portrait)
    const many = Array.from({ length: 17 }, () => photo)
    for (const image of [text, cut, cmyk, tooLarge, many]) {
      assert.is((await rejectionOf(edit({ image }))).code, 'invalid_image_file')
    }
    // The client declares a stream from the disk as application/octet-stream.
    const undeclared = await rejectionOf(edit({ image: createReadStream(portrait) }))
    assert.is(undeclared.code, 'unsupported_file_mimetype')
    assert.match(undeclared.message, 'application/octet-stream')
    assert.is(emulator.charged(), 0)
    assert.equal((await edit()).data, [])
  })
})

test('a wrong key is refused', async () => {
  await withEmulator({ apiKey: 'sk-other' }, async ({ edit }) => {
    const error = await rejectionOf(edit())
    assert.instance(error, AuthenticationError)
    assert.match(error.message, 'sk-test')
  })
})

test.run()
