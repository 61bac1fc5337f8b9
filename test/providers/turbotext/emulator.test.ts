// The emulator itself: what the tests of the adapter cannot tell, because the adapter never does it.
import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { emulatedKey } from '../../emulators/turbotext.ts'
import { landscape, portrait } from '../../support/photos.ts'
import { jpegAt } from '../../support/task.ts'
import { type Site, withSite } from './site.ts'

const test = suite('emulators/turbotext')

type Form = Record<string, string>

async function call({ emulator }: Site, method: string, form: Form, headers: Form = {}) {
  const response = await fetch(`${emulator.url}/api_ai/${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${emulatedKey}`, ...headers },
    body: new URLSearchParams(form),
  })
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> }
}

const setScenario = async ({ emulator }: Site, scenario: unknown) =>
  (await fetch(`${emulator.url}/__emulator/scenario`, { method: 'POST', body: JSON.stringify(scenario) }))
    .status

const publish = ({ shop }: Site, path = portrait) => shop.publish(jpegAt(path))

test('parameters outside of their ranges, unknown or missing ones are params_error, and cost nothing', async () => {
  await withSite({}, async (site) => {
    const url = await publish(site)
    const edit = { do: 'create_queue', url, content: 'x' }
    const wrong: [string, Form][] = [
      ['generate_image2image', { ...edit, strength: '81' }],
      ['generate_image2image', { ...edit, scale: '0' }],
      ['generate_image2image', { ...edit, seed: '0' }],
      ['generate_image2image', { ...edit, negative_prompt: Array(81).fill('x').join(' ') }],
      ['generate_image2image', { ...edit, strenght: '40' }],
      ['generate_image2image', { do: 'create_queue', url }],
      ['generate_image2image', { ...edit, url: '/photo.jpg' }],
      ['generate_image2image', { ...edit, do: 'begin' }],
      ['mix_images', { do: 'create_queue', url }],
      ['deepfake_photo', { do: 'create_queue', url, url_image_target: url, face_restore: 'yes' }],
      ['mix_images', { do: 'get_result', queueid: '1' }],
    ]
    for (const [method, form] of wrong) {
      const { answer } = await call(site, method, form)
      assert.equal(answer, { success: false, error: 'params_error' }, JSON.stringify(form))
    }
    const json = await call(site, 'generate_image2image', edit, { 'content-type': 'application/json' })
    assert.is(json.answer.error, 'params_error')
    assert.is(site.emulator.created, 0)
    assert.is((await call(site, 'generate_image2image', edit)).answer.success, true)
    assert.is(site.emulator.created, 1)
  })
})

test('the key is checked, and available_api checks it for nothing', async () => {
  await withSite({}, async (site) => {
    const form = { do: 'create_queue' }
    const refused = await call(site, 'available_api', form, { authorization: 'Bearer other' })
    assert.is(refused.status, 401)
    const { answer } = await call(site, 'available_api', form)
    const queueid = String(answer.queueid)
    const result = await call(site, 'available_api', { do: 'get_result', queueid })
    assert.is((result.answer.available_api as unknown[]).length, 4)
    assert.is(site.emulator.created, 0)
  })
})

test('the tariff is counted down with every photo', async () => {
  await withSite({ reconnects: 0, attempts: 2 }, async (site) => {
    const form = { do: 'create_queue', url: await publish(site), content: 'x' }
    const left: unknown[] = []
    for (let photo = 0; photo < 3; photo += 1) {
      const { answer } = await call(site, 'generate_image2image', form)
      if (answer.error) left.push(answer.error)
      if (!answer.queueid) continue
      const asked = { do: 'get_result', queueid: String(answer.queueid) }
      const result = await call(site, 'generate_image2image', asked)
      left.push((result.answer.limits as Record<string, number>).foto_limit)
    }
    assert.equal(left, [1, 0, 'LIMIT'])
  })
})

test('what is no picture, or too large, is refused after fetching it', async () => {
  await withSite({}, async (site) => {
    const { shop } = site
    const noise = { create: { width: 2600, height: 2600, channels: 3, background: '#000' } } as const
    const create = { ...noise.create, noise: { type: 'gaussian', mean: 128, sigma: 60 } } as const
    const large = await sharp({ create }).png({ compressionLevel: 0 }).toBuffer()
    for (const [bytes, error] of [
      [Buffer.from('<html></html>'), 'url_error'],
      [large, 'size_error'],
    ] as const) {
      const url = await shop.publish(jpegAt(await shop.save(bytes)))
      const { answer } = await call(site, 'generate_image2image', { do: 'create_queue', url, content: 'x' })
      assert.is(answer.error, error)
    }
    assert.is(site.emulator.created, 0)
  })
})

test('every method draws out of what it has fetched', async () => {
  await withSite({ reconnects: 0 }, async ({ run }) => {
    const templates = { style: jpegAt(landscape), face: jpegAt(landscape) }
    const draw = async (operation: string, settings: Record<string, unknown>) => {
      const { path } = await run(operation, { ...settings, format: 'png' }, { templates })
      return sharp(await readFile(path))
        .raw()
        .toBuffer()
    }
    const plain = await draw('image_edit', { prompt: 'x', strength: 0 })
    const others = [
      await draw('image_edit', { prompt: 'x', strength: 40 }),
      await draw('image_edit', { prompt: 'y', strength: 40 }),
      await draw('style_transfer', {}),
      await draw('identity_transfer', {}),
    ]
    const different = new Set([plain, ...others].map((pixels) => pixels.toString('latin1')))
    assert.is(different.size, 5)
  })
})

test('a scenario can be set over HTTP: for all photos, or one after the other', async () => {
  await withSite({ reconnects: 0 }, async (site) => {
    const form = { do: 'create_queue', url: await publish(site), content: 'x' }
    const next = async () => (await call(site, 'generate_image2image', form)).answer.error ?? 'ok'
    assert.is(await setScenario(site, 'limit'), 200)
    assert.equal([await next(), await next()], ['LIMIT', 'LIMIT'])
    assert.is(await setScenario(site, ['busy', { create: 'face_not_found' }]), 200)
    assert.equal([await next(), await next(), await next()], ['provider_busy', 'face_not_found', 'ok'])
    assert.is(await setScenario(site, 'no_such_story'), 400)
  })
})

test('a mix with the same seed is the same mix, and its weights are kept to', async () => {
  await withSite({ reconnects: 0 }, async (site) => {
    const form = { do: 'create_queue', url: await publish(site), content: 'x' }
    const draw = async (seed: number) => {
      await setScenario(site, { mix: { limit: 1, busy: 1, url_error: 0 }, seed })
      const drawn: unknown[] = []
      for (let photo = 0; photo < 40; photo += 1) {
        drawn.push((await call(site, 'generate_image2image', form)).answer.error)
      }
      return drawn
    }
    const first = await draw(1)
    assert.equal(await draw(1), first)
    assert.not.equal(await draw(2), first)
    assert.equal([...new Set(first)].sort(), ['LIMIT', 'provider_busy'])
  })
})

test('a link needs the key, unless its story says otherwise, and may work once only', async () => {
  await withSite({ reconnects: 0, scenario: [{}, { isOpen: true, isSingleUse: true }] }, async (site) => {
    const form = { do: 'create_queue', url: await publish(site), content: 'x' }
    const statuses: number[] = []
    for (let photo = 0; photo < 2; photo += 1) {
      const { queueid } = (await call(site, 'generate_image2image', form)).answer
      const asked = { do: 'get_result', queueid: String(queueid) }
      const { answer } = await call(site, 'generate_image2image', asked)
      for (let get = 0; get < 2; get += 1) {
        const response = await fetch(String(answer.uploaded_image))
        await response.arrayBuffer()
        statuses.push(response.status)
      }
    }
    assert.equal(statuses, [403, 403, 200, 404])
  })
})

test.run()
