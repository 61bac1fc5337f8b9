import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createOpenaiProvider, defaultBaseUrl } from '../../../src/providers/openai/openai.ts'
import { startOpenaiEmulator } from '../../emulators/openai.ts'
import { type ProviderCase, providerContract } from '../../suites/provider.suite.ts'
import { landscape, portrait } from '../../support/photos.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { jpegAt, taskIn } from '../../support/task.ts'
import { apiKey, prompt, withProvider } from './open-provider.ts'

providerContract('openai', async () => {
  const emulator = await startOpenaiEmulator({ apiKey })
  const provider = createOpenaiProvider({ apiKey, baseUrl: emulator.url })
  const style = jpegAt(landscape)
  const cases: ProviderCase[] = [
    { operation: 'image_edit', settings: { prompt }, templates: {} },
    {
      operation: 'image_edit',
      settings: { prompt, format: 'webp', long_edge_px: 300, background: 'opaque', output_compression: 80 },
      templates: { style, background: jpegAt(portrait) },
    },
    { operation: 'style_transfer', settings: { format: 'png' }, templates: { style } },
  ]
  return {
    provider,
    cases,
    decodes: true,
    async close() {
      await provider.close?.()
      await emulator.close()
    },
  }
})

const test = suite('providers/openai')

test('the least settings send a flare edit with low effort, as JPEG, in the shape of the photo', async () => {
  await withProvider({}, async ({ emulator, run }) => {
    const picture = await run()
    const [request] = emulator.requests
    assert.is(request?.method, 'POST')
    assert.is(request?.path, '/v1/images/edits')
    assert.equal(request?.fields, {
      model: 'gpt-image-2.5-flare',
      prompt,
      size: '1248x1248',
      quality: 'low',
      output_format: 'jpeg',
    })
    assert.equal(request?.partNames, ['model', 'prompt', 'size', 'quality', 'output_format', 'image[]'])
    assert.match(request?.headers['content-type'] ?? '', /^multipart\/form-data; boundary=/)
    assert.ok(Number(request?.headers['content-length']) > (request?.images[0]?.sizeBytes ?? Infinity))
    const { width, height, format } = await sharp(picture.path).metadata()
    assert.equal({ width, height, format }, { width: 1248, height: 1248, format: 'jpeg' })
  })
})

test('every setting that is set is sent, under its own name', async () => {
  await withProvider({}, async ({ emulator, run }) => {
    await run({
      model: 'gpt-image-1.5',
      size: '1536x1024',
      vendor_quality: 'high',
      input_fidelity: 'high',
      background: 'opaque',
      response_output_format: 'webp',
      output_compression: 0,
      image_part_name: 'image',
      format: 'png',
      quality: 40,
      long_edge_px: 500,
    })
    assert.equal(emulator.requests[0]?.fields, {
      model: 'gpt-image-1.5',
      prompt,
      size: '1536x1024',
      quality: 'high',
      input_fidelity: 'high',
      background: 'opaque',
      output_format: 'webp',
      output_compression: '0',
    })
    assert.is(emulator.requests[0]?.images[0]?.part, 'image')
  })
})

test('an edit sends the photo first and then every template, a style transfer the style alone', async () => {
  await withProvider({}, async ({ emulator, run }) => {
    const templates = { style: jpegAt(landscape), background: jpegAt(portrait) }
    await run({}, { templates })
    await run({ prompt: undefined }, { templates }, 'style_transfer')
    const [edit, transfer] = emulator.requests
    assert.equal(
      edit?.images.map(({ part, fileName, mime }) => [part, fileName, mime]),
      [
        ['image[]', 'photo.jpg', 'image/jpeg'],
        ['image[]', 'background.jpg', 'image/jpeg'],
        ['image[]', 'style.jpg', 'image/jpeg'],
      ],
    )
    assert.equal(
      transfer?.images.map(({ fileName, widthPx }) => [fileName, widthPx]),
      [
        ['photo.jpg', 512],
        ['style.jpg', 640],
      ],
    )
    assert.match(transfer?.fields.prompt ?? '', 'style of the second picture')
  })
})

test('more pictures than the vendor takes are refused before the call', async () => {
  await withProvider({}, async ({ emulator, failureOf }) => {
    const templates = Object.fromEntries(
      Array.from({ length: 16 }, (_, index) => [`t${index}`, jpegAt(portrait)]),
    )
    assert.is((await failureOf({}, { templates })).code, 'bad_input')
    assert.is(emulator.requests.length, 0)
  })
})

test('a large photo is sent with at most 2048 pixels, upright, as an RGB JPEG', async () => {
  await withProvider({}, async ({ emulator, run, folder }) => {
    const path = `${folder}/large.png`
    await sharp(portrait).resize(3000, 1500, { fit: 'fill' }).toColourspace('rgb16').png().toFile(path)
    await run({}, { photo: { path, mime: 'image/png' } })
    const image = emulator.requests[0]?.images[0]
    assert.equal([image?.widthPx, image?.heightPx, image?.mime], [2048, 1024, 'image/jpeg'])
  })
})

test('the key is in the authorization header and nowhere else', async () => {
  await withProvider({}, async ({ emulator, run }) => {
    await run()
    const [request] = emulator.requests
    assert.is(request?.headers.authorization, `Bearer ${apiKey}`)
    const { authorization: _, ...headers } = request?.headers ?? {}
    assert.not.match(JSON.stringify({ ...request, headers }), apiKey)
  })
})

test('a self-hosted server is asked without key, model and quality, and gets its extra fields', async () => {
  await withProvider({ personality: 'selfhosted', isKeyless: true }, async ({ emulator, run }) => {
    await run({ extra_fields: { seed: 42, guidance_scale: 3.5, negative_prompt: '', tiling: true } })
    const [request] = emulator.requests
    assert.equal(request?.fields, {
      seed: '42',
      guidance_scale: '3.5',
      negative_prompt: '',
      tiling: 'true',
      prompt,
      size: '1024x1024',
      output_format: 'jpeg',
    })
    assert.is(request?.headers.authorization, undefined)
  })
})

test('a server that wants parts named image gets them', async () => {
  await withProvider({ personality: 'selfhosted-detail', isKeyless: true }, async ({ run, failureOf }) => {
    const error = await failureOf()
    assert.is(error.code, 'bad_input')
    assert.match(error.message, 'image: Field required')
    await run({ image_part_name: 'image', size: '', response_output_format: '' })
  })
})

test('an empty size and an empty format are not sent', async () => {
  await withProvider({ isKeyless: true, personality: 'selfhosted' }, async ({ emulator, run }) => {
    const picture = await run({ size: '', response_output_format: '' })
    assert.equal(emulator.requests[0]?.partNames, ['prompt', 'image[]'])
    assert.is(picture.mime, 'image/jpeg')
  })
})

test('it is configured with a key, or with an address of its own', async () => {
  const isConfigured = (key: string | undefined, baseUrl: string) =>
    createOpenaiProvider({ apiKey: key, baseUrl }).isConfigured?.()
  assert.is(isConfigured(undefined, defaultBaseUrl), false)
  assert.is(isConfigured('', `${defaultBaseUrl}/`), false)
  assert.is(isConfigured('sk-1', defaultBaseUrl), true)
  assert.is(isConfigured(undefined, 'http://127.0.0.1:8000/v1'), true)
})

test('without a key, or with one that cannot be one, OpenAI is not called at all', async () => {
  for (const key of [undefined, 'sk-pasted\nwith a line break']) {
    const provider = createOpenaiProvider({ apiKey: key, baseUrl: defaultBaseUrl })
    const settings = provider.operations.image_edit?.settings.parse({ prompt })
    const error = await rejectionOf(
      provider.operations.image_edit?.run(taskIn('/nowhere', { settings })) as Promise<unknown>,
    )
    assert.is(error.code, 'auth_config')
    assert.not.match(error.message, 'pasted')
  }
})

test("the picture is made anew from the vendor's bytes, without what it wrote beside the pixels", async () => {
  await withProvider({}, async ({ run }) => {
    const { path } = await run({ long_edge_px: 200, quality: 50 })
    const { width, exif, xmp } = await sharp(await readFile(path)).metadata()
    assert.equal([width, exif, xmp], [200, undefined, undefined])
  })
})

test.run()
