import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTurbotextProvider } from '../../../src/providers/turbotext/turbotext.ts'
import { emulatedKey } from '../../emulators/turbotext.ts'
import { portrait } from '../../support/photos.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { operationOf, type Site, withSite } from './site.ts'

const test = suite('providers/turbotext/operations')

/** The name of the file that was published under the address. */
const publishedAt = ({ shop }: Site, address = '') => basename(shop.files.get(address) ?? '')

test('image_edit is generate_image2image, as a form with the key in its header', async () => {
  await withSite({ reconnects: 1 }, async (site) => {
    await site.run('image_edit', {
      prompt: 'Портрет & море',
      strength: 60,
      seed: 10_000_000_000,
      scale: 0.1,
      negative_prompt: 'очки',
      original_language: 'ru',
    })
    const [create, poll] = site.emulator.requests
    assert.is(create?.path, '/api_ai/generate_image2image')
    assert.is(create?.headers.authorization, `Bearer ${emulatedKey}`)
    assert.is(create?.headers['content-type'], 'application/x-www-form-urlencoded')
    assert.match(create?.body ?? '', '%D0%9F%D0%BE%D1%80')
    const { url, ...others } = create?.form ?? {}
    assert.is(publishedAt(site, url), 'turbotext-photo.jpg')
    assert.equal(others, {
      do: 'create_queue',
      content: 'Портрет & море',
      strength: '60',
      scale: '0.1',
      seed: '10000000000',
      negative_prompt: 'очки',
      original_language: 'ru',
    })
    assert.is(poll?.path, create?.path)
    assert.equal(poll?.form, { do: 'get_result', queueid: '88001' })
  })
})

test('what was not chosen is not sent', async () => {
  await withSite({ reconnects: 1 }, async ({ run, emulator }) => {
    await run('image_edit', { prompt: 'a watercolour' })
    const names = Object.keys(emulator.requests[0]?.form ?? {})
    assert.equal(names.sort(), ['content', 'do', 'original_language', 'scale', 'strength', 'url'])
    await run('style_transfer', {})
    const create = emulator.requests.findLast(({ form }) => form.do === 'create_queue')
    assert.equal(Object.keys(create?.form ?? {}).sort(), ['do', 'url', 'url_image_target'])
  })
})

test('style_transfer is mix_images: the photo is the target, the style the other address', async () => {
  await withSite({ reconnects: 1 }, async (site) => {
    await site.run('style_transfer', { prompt: 'as an oil painting' })
    const [create] = site.emulator.requests
    assert.is(create?.path, '/api_ai/mix_images')
    const { url, url_image_target: target, content } = create?.form ?? {}
    assert.is(publishedAt(site, target), 'turbotext-photo.jpg')
    assert.is(publishedAt(site, url), 'turbotext-template-style.jpg')
    assert.is(content, 'as an oil painting')
  })
})

test('identity_transfer is deepfake_photo: the face is the target, the photo the other address', async () => {
  for (const [face_restore, sent] of [
    [true, 'True'],
    [false, 'False'],
  ] as const) {
    await withSite({ reconnects: 1 }, async (site) => {
      await site.run('identity_transfer', { face_restore })
      const [create] = site.emulator.requests
      assert.is(create?.path, '/api_ai/deepfake_photo')
      const { url, url_image_target: target } = create?.form ?? {}
      assert.is(publishedAt(site, url), 'turbotext-photo.jpg')
      assert.is(publishedAt(site, target), 'turbotext-template-face.jpg')
      assert.is(create?.form.face_restore, sent)
    })
  }
})

test('what is published is a JPEG that is not larger than needed', async () => {
  await withSite({ reconnects: 1 }, async ({ run, shop }) => {
    const large = await sharp(portrait).resize(3000).png().toBuffer()
    let edgePx = 0
    await run(
      'image_edit',
      { prompt: 'a watercolour' },
      {
        photo: { path: await shop.save(large), mime: 'image/png' },
        async publish(picture) {
          assert.is(picture.mime, 'image/jpeg')
          const { format, width, height } = await sharp(await readFile(picture.path)).metadata()
          edgePx = Math.max(width, height)
          assert.is(format, 'jpeg')
          return shop.publish(picture)
        },
      },
    )
    assert.is(edgePx, 2048)
  })
})

test("the finished picture is the vendor's own, in the format that was asked for", async () => {
  await withSite({ reconnects: 1 }, async ({ run }) => {
    const picture = await run('image_edit', { prompt: 'a watercolour', format: 'png' })
    const { width, height } = await sharp(portrait).metadata()
    const drawn = await sharp(await readFile(picture.path)).metadata()
    assert.equal([drawn.format, drawn.width, drawn.height], ['png', width, height])
    const small = await run('image_edit', { prompt: 'a watercolour', format: 'webp', long_edge_px: 100 })
    const scaled = await sharp(await readFile(small.path)).metadata()
    assert.equal([scaled.format, Math.max(scaled.width, scaled.height)], ['webp', 100])
    assert.equal([picture.mime, small.mime], ['image/png', 'image/webp'])
  })
})

test('settings stay inside the ranges of the vendor', () => {
  const { settings } = operationOf(createTurbotextProvider({ apiKey: 'key' }), 'image_edit')
  const accepts = (changes: object) => settings.safeParse({ prompt: 'x', ...changes }).success
  const words = (count: number) => Array(count).fill('слово').join('  ')
  assert.equal(settings.parse({ prompt: ' x ' }), {
    prompt: 'x',
    strength: 40,
    scale: 7.5,
    negative_prompt: '',
    original_language: 'ru',
    format: 'jpeg',
    quality: 92,
  })
  for (const good of [
    { strength: 0 },
    { strength: 80 },
    { scale: 0.1 },
    { scale: 20 },
    { seed: 1 },
    { seed: 1e10 },
    { negative_prompt: words(80) },
  ]) {
    assert.ok(accepts(good), JSON.stringify(good))
  }
  for (const bad of [
    { prompt: ' ' },
    { strength: -1 },
    { strength: 81 },
    { strength: 1.5 },
    { scale: 0 },
    { scale: 20.1 },
    { seed: 0 },
    { seed: 1e10 + 1 },
    { negative_prompt: words(81) },
    { original_language: 'Russian' },
  ]) {
    assert.not(accepts(bad), JSON.stringify(bad))
  }
})

test('a template that is missing or broken is named, before anything is paid for', async () => {
  await withSite({ reconnects: 1 }, async ({ run, emulator, shop }) => {
    const missing = await rejectionOf(run('identity_transfer', {}, { templates: {} }))
    assert.equal([missing.code, missing.message], ['bad_input', 'The template "face" is missing.'])
    const style = { path: await shop.save(Buffer.from('no picture')), mime: 'image/png' }
    const broken = await rejectionOf(run('style_transfer', {}, { templates: { style } }))
    assert.equal([broken.code, broken.message], ['bad_input', 'The template "style" cannot be read.'])
    assert.is(emulator.requests.length, 0)
  })
})

test('without a key nothing is configured and nothing is sent', async () => {
  await withSite({ apiKey: '' }, async ({ provider, fail, emulator }) => {
    assert.is(provider.isConfigured?.(), false)
    assert.is((await fail()).code, 'auth_config')
    assert.is(emulator.requests.length, 0)
  })
  assert.is(createTurbotextProvider({ apiKey: undefined }).isConfigured?.(), false)
  assert.is(createTurbotextProvider({ apiKey: 'key' }).isConfigured?.(), true)
})

test('each method is a model with a price of its own', () => {
  const { operations } = createTurbotextProvider({ apiKey: 'key', priceUsd: 0.2 })
  const models = Object.values(operations).map((operation) => operation.modelOf?.({}))
  assert.equal(models, ['generate_image2image', 'mix_images', 'deepfake_photo'])
  assert.ok(Object.values(operations).every((operation) => operation.priceUsd?.({}) === 0.2))
})

test.run()
