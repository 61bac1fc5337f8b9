import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeFolder } from '../../support/folder.ts'
import { landscape, portrait } from '../../support/photos.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { jpegAt } from '../../support/task.ts'
import { until } from '../../support/until.ts'
import { secretKey, secretPrompt, withRig } from './rig.ts'

const test = suite('providers/gemini')

const sizeOf = async (data = '') => {
  const { width, height, format } = await sharp(Buffer.from(data, 'base64')).metadata()
  return { width, height, format }
}

test('the key travels in its header and nowhere else', async () => {
  await withRig(async ({ run, emulator }) => {
    await run()
    const [request] = emulator.requests
    assert.is(request?.headers['x-goog-api-key'], secretKey)
    assert.is(request?.path, '/v1beta/models/gemini-nano-banana-2.1:generateContent')
    assert.is(request?.headers['content-type'], 'application/json')
    assert.not.ok(request?.body.includes(secretKey))
  }, ` ${secretKey}\n`)
})

test('the photo comes first, references follow, the text is last', async () => {
  await withRig(async ({ run, lastBody }) => {
    const templates = { zebra: jpegAt(portrait), ape: jpegAt(landscape) }
    await run({}, { photo: jpegAt(landscape), templates })
    const { contents } = lastBody()
    assert.is(contents.length, 1)
    assert.is(contents[0]?.role, 'user')
    const [photo, ape, zebra, text, ...more] = contents[0]?.parts ?? []
    const dimensions = async (path: string) => {
      const { width, height } = await sharp(path).metadata()
      return { width, height, format: 'jpeg' }
    }
    assert.equal(await sizeOf(photo?.inlineData?.data), await dimensions(landscape))
    assert.equal(await sizeOf(ape?.inlineData?.data), await dimensions(landscape))
    assert.equal(await sizeOf(zebra?.inlineData?.data), await dimensions(portrait))
    assert.is(photo?.inlineData?.mimeType, 'image/jpeg')
    assert.equal(text, { text: secretPrompt })
    assert.equal(more, [])
  })
})

test('only the template that an operation is about goes with it', async () => {
  await withRig(async ({ run, lastBody }) => {
    const frame = jpegAt(portrait)
    for (const [operation, key] of [
      ['style_transfer', 'style'],
      ['identity_transfer', 'face'],
    ] as const) {
      await run({}, { operation, templates: { frame, [key]: jpegAt(landscape) } })
      const parts = lastBody().contents[0]?.parts ?? []
      assert.is(parts.length, 3)
      const { width, height } = await sizeOf(parts[1]?.inlineData?.data)
      assert.ok(width > height, operation)
    }
  })
})

test('more references than the models take are refused before anything is sent', async () => {
  await withRig(async ({ run, emulator }) => {
    const templates = Object.fromEntries(Array.from({ length: 14 }, (_, at) => [`t${at}`, jpegAt(portrait)]))
    const error = await rejectionOf(run({}, { templates }))
    assert.is(error.code, 'bad_input')
    assert.is(emulator.requests.length, 0)
  })
})

test('a template that is no picture is named', async () => {
  await withRig(async ({ run }) => {
    const templates = { style: jpegAt(fileURLToPath(import.meta.url)) }
    const error = await rejectionOf(run({}, { operation: 'style_transfer', templates }))
    assert.is(error.code, 'bad_input')
    assert.is(error.message, 'The template "style" cannot be read.')
  })
})

test('settings become the configuration of the call', async () => {
  await withRig(async ({ run, lastBody }) => {
    await run({
      aspect_ratio: '4:5',
      image_size: '2K',
      thinking_level: 'minimal',
      safety: { harassment: 'BLOCK_ONLY_HIGH', sexually_explicit: 'BLOCK_LOW_AND_ABOVE' },
    })
    const { generationConfig, safetySettings } = lastBody()
    assert.equal(generationConfig, {
      responseModalities: ['IMAGE'],
      imageConfig: { aspectRatio: '4:5', imageSize: '2K' },
      thinkingConfig: { thinkingLevel: 'minimal' },
    })
    assert.equal(safetySettings, [
      { category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_ONLY_HIGH' },
      { category: 'HARM_CATEGORY_SEXUALLY_EXPLICIT', threshold: 'BLOCK_LOW_AND_ABOVE' },
    ])
  })
})

test('what is not set is not sent, but always a shape', async () => {
  await withRig(async ({ run, lastBody }) => {
    await run({ model: 'gemini-2.5-flash-image' }, { photo: jpegAt(landscape) })
    const { generationConfig, safetySettings } = lastBody()
    assert.equal(generationConfig, { responseModalities: ['IMAGE'], imageConfig: { aspectRatio: '3:2' } })
    assert.is(safetySettings, undefined)
  })
})

test('the shape is that of the photo when it is upright', async () => {
  await withRig(async ({ run, lastBody }) => {
    const folder = await makeFolder()
    try {
      const path = join(folder.path, 'turned.jpg')
      await sharp(landscape).withMetadata({ orientation: 6 }).toFile(path)
      const picture = await run({}, { photo: jpegAt(path) })
      const [part] = lastBody().contents[0]?.parts ?? []
      const sent = Buffer.from(part?.inlineData?.data ?? '', 'base64')
      const { width, height, orientation } = await sharp(sent).metadata()
      assert.ok(height > width && (orientation ?? 1) === 1)
      assert.is(lastBody().generationConfig.imageConfig.aspectRatio, '2:3')
      const finished = await sharp(picture.path).metadata()
      assert.equal([finished.width, finished.height], [848, 1264])
    } finally {
      await folder.remove()
    }
  })
})

test('a large photo is made smaller before it is sent', async () => {
  await withRig(async ({ run, lastBody }) => {
    const folder = await makeFolder()
    try {
      const path = join(folder.path, 'large.jpg')
      await sharp(landscape).resize(4096).toFile(path)
      await run({}, { photo: jpegAt(path) })
      const [part] = lastBody().contents[0]?.parts ?? []
      assert.is((await sizeOf(part?.inlineData?.data)).width, 2048)
    } finally {
      await folder.remove()
    }
  })
})

test('the finished picture has the format and the size of the settings, and nothing of its maker', async () => {
  await withRig(async ({ run }) => {
    const { path, mime } = await run({ format: 'png', long_edge_px: 200 }, { photo: jpegAt(landscape) })
    assert.is(mime, 'image/png')
    const { width, format, exif, xmp } = await sharp(path).metadata()
    assert.equal([width, format, exif, xmp], [200, 'png', undefined, undefined])
  })
})

/** Drafts and thoughts of the emulator are grey. */
async function isColourful(path: string): Promise<boolean> {
  const pixels = await sharp(path).resize(32, 32).removeAlpha().raw().toBuffer()
  const spread = (at: number) => Math.abs((pixels[at] ?? 0) - (pixels[at + 1] ?? 0))
  return Array.from({ length: 1024 }, (_, index) => spread(index * 3)).some((difference) => difference > 20)
}

test('drafts and thoughts are passed over for the finished picture, whatever its type is called', async () => {
  await withRig(async ({ run, emulator }) => {
    for (const name of ['two-images', 'thoughts', 'with-text', 'wrong-mime', 'snake-case']) {
      emulator.setScenario(name)
      const { path, mime } = await run()
      assert.is(mime, 'image/jpeg')
      assert.is((await sharp(path).metadata()).format, 'jpeg')
      assert.ok(await isColourful(path), name)
    }
  })
})

test('a call that hangs ends with its signal, and its connection with it', async () => {
  await withRig(async ({ run, emulator }) => {
    emulator.setScenario('hang')
    const controller = new AbortController()
    const call = rejectionOf(run({}, { signal: controller.signal }))
    await until(() => emulator.readState().counts.hang, 'the call has arrived')
    const reason = new Error('the window has closed')
    controller.abort(reason)
    assert.is(await call, reason)
    await until(() => emulator.requests[0]?.outcome === 'aborted', 'the connection is gone')
    await until(() => emulator.readState().openSockets === 0, 'no socket is left')
  })
})

test('closing the provider ends its connections', async () => {
  await withRig(async ({ run, emulator, provider }) => {
    await run()
    assert.is(emulator.readState().openSockets, 1)
    await provider.close?.()
    await until(() => emulator.readState().openSockets === 0, 'no socket is left')
  })
})

test('without a key it is not configured, and a call says so', async () => {
  await withRig(async ({ run, provider, emulator }) => {
    assert.is(provider.isConfigured?.(), false)
    const error = await rejectionOf(run())
    assert.is(error.code, 'auth_config')
    assert.is(error.message, 'No API key for Gemini is set.')
    assert.is(emulator.requests.length, 0)
  }, ' ')
  await withRig(async ({ provider }) => assert.is(provider.isConfigured?.(), true))
})

test('a key that no header can carry is named as what is wrong', async () => {
  await withRig(async ({ run }) => {
    const error = await rejectionOf(run())
    assert.is(error.code, 'auth_config')
    assert.not.match(error.message, /ключ/)
  }, 'ключ')
})

test('price, time and model follow from the settings', async () => {
  await withRig(async ({ provider }) => {
    const { image_edit: edit } = provider.operations
    const cheap = edit?.settings.parse({ prompt: 'x' })
    const dear = edit?.settings.parse({ prompt: 'x', model: 'gemini-3-pro-image', image_size: '4K' })
    assert.is(edit?.priceUsd?.(cheap), 0.0336)
    assert.is(edit?.priceUsd?.(dear), 0.24)
    assert.is(edit?.modelOf?.(cheap), 'gemini-nano-banana-2.1')
    assert.is(edit?.modelOf?.(dear), 'gemini-3-pro-image')
    const [quick, slow] = [edit?.usualLatency?.(cheap), edit?.usualLatency?.(dear)]
    if (!quick || !slow) throw new Error('a latency is missing')
    assert.ok(quick.p50Ms < quick.p90Ms && quick.p90Ms < slow.p50Ms)
    const minimal = edit?.settings.parse({ prompt: 'x', thinking_level: 'minimal' })
    assert.ok((edit?.usualLatency?.(minimal).p50Ms ?? 0) < quick.p50Ms)
    assert.equal(provider.limits, { perMinute: 500, perDay: 2000 })
  })
})

test.run()
