// What the emulated Gemini refuses, and how it is driven.
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { portrait } from '../../support/photos.ts'
import { apiErrorOf, ask, banana, flash, inline, pictureOf, withClient } from './official-client.ts'

const test = suite('providers/gemini/emulator-rules')

test('what the service would refuse is refused', async () => {
  const photo = await inline()
  const body = (changes: object) => ({ contents: [{ parts: [photo, { text: 'x' }] }], ...changes })
  const config = (generationConfig: object) => body({ generationConfig })
  const rows: [model: string, body: unknown, httpStatus: number, message: RegExp][] = [
    [banana, body({ prompt: 'x' }), 400, /Unknown name "prompt": Cannot find field/],
    [
      banana,
      config({ imageConfig: { outputMimeType: 'image/png' } }),
      400,
      /"outputMimeType" at 'generation_config.image_config'/,
    ],
    [banana, config({ imageConfig: { aspectRatio: '7:5' } }), 400, /7:5/],
    [flash, config({ imageConfig: { aspectRatio: '1:8' } }), 400, /1:8/],
    [flash, config({ imageConfig: { imageSize: '1K' } }), 400, /1K/],
    [banana, config({ imageConfig: { imageSize: '512' } }), 400, /512/],
    [flash, config({ thinkingConfig: { thinkingLevel: 'minimal' } }), 400, /minimal/],
    [
      banana,
      body({ safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_SOME' }] }),
      400,
      /safety_settings\[0\]\.threshold/,
    ],
    [banana, { contents: [] }, 400, /contents is not specified/],
    [banana, { contents: [{ parts: [] }] }, 400, /parts must not be empty/],
    [banana, { contents: [{ parts: [{}] }] }, 400, /oneof field/],
    [
      banana,
      { contents: [{ parts: [{ inlineData: { mimeType: 'image/svg+xml', data: 'PHN2Zy8+' } }] }] },
      400,
      /Unsupported MIME type/,
    ],
    [
      banana,
      { contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: 'PHN2Zy8+' } }] }] },
      400,
      /Unable to process input image/,
    ],
    [
      banana,
      { contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: '%%%' } }] }] },
      400,
      /Base64 decoding failed/,
    ],
    [
      banana,
      { contents: [{ parts: [{ fileData: { fileUri: 'https://x/v1beta/files/none' } }] }] },
      403,
      /File none or it may not exist/,
    ],
    [banana, { contents: [{ parts: Array(15).fill(photo) }] }, 400, /At most 14/],
    ['gemini-3-pro-image-preview', body({}), 404, /is not found for API version v1beta/],
    [banana, undefined, 400, /Invalid JSON payload/],
  ]
  await withClient(async (_, { url }) => {
    for (const [model, json, httpStatus, message] of rows) {
      const answer = await fetch(`${url}/v1beta/models/${model}:generateContent?key=TEST_KEY`, {
        method: 'POST',
        body: json ? JSON.stringify(json) : '{"contents"',
      })
      const text = await answer.text()
      assert.is(answer.status, httpStatus, text)
      assert.match((JSON.parse(text) as { error: { message: string } }).error.message, message)
    }
  })
})

test('the names of the protocol are read in both of their forms', async () => {
  const data = await readFile(portrait, 'base64')
  await withClient(async (_, { url }) => {
    const answer = await fetch(`${url}/v1beta/models/${banana}:generateContent?key=TEST_KEY`, {
      method: 'POST',
      body: JSON.stringify({
        contents: [{ parts: [{ inline_data: { mime_type: 'image/jpeg', data } }, { text: 'x' }] }],
        generation_config: { image_config: { aspect_ratio: '1:1' }, response_modalities: ['IMAGE'] },
      }),
    })
    assert.is(answer.status, 200, await answer.clone().text())
    assert.ok(JSON.stringify(await answer.json()).includes('inlineData'))
  })
})

test('a key is needed, and the right one', async () => {
  await withClient(
    async (client, { url }) => {
      const wrong = await apiErrorOf(ask(client))
      assert.is(wrong.details?.[0]?.reason, 'API_KEY_INVALID')
      const missing = await fetch(`${url}/v1beta/models/${banana}:generateContent`, {
        method: 'POST',
        body: '{}',
      })
      assert.is(missing.status, 403)
      const known = await fetch(`${url}/v1beta/models/${banana}?key=right`)
      assert.is(known.status, 200)
    },
    { apiKey: 'right', clientKey: 'wrong' },
  )
})

test('a body over the limit is refused', async () => {
  await withClient(
    async (client) => {
      const error = await apiErrorOf(ask(client))
      assert.match(error.message, /payload size exceeds the limit: 10000 bytes/)
    },
    { maxBodyBytes: 10_000 },
  )
})

test('another process can choose what happens', async () => {
  await withClient(async (client, { url, requests }) => {
    const post = (path: string, body: object) =>
      fetch(`${url}/__emulator/${path}`, { method: 'POST', body: JSON.stringify(body) })
    await post('scenario', { name: '503', queue: [{ name: 'no-image' }] })
    assert.is((await ask(client)).candidates?.[0]?.finishReason, 'NO_IMAGE')
    assert.is((await apiErrorOf(ask(client))).httpStatus, 503)
    assert.is((await post('scenario', { name: 'no such thing' })).status, 400)
    const state = (await (await fetch(`${url}/__emulator/state`)).json()) as { counts: object }
    assert.equal(state.counts, { 'no-image': 1, '503': 1 })
    assert.is(requests.length, 2, 'what drives the emulator is not recorded')
    await post('reset', {})
    assert.is(requests.length, 0)
    assert.ok(pictureOf(await ask(client)))
  })
})

test('a mix follows its weights and is the same for the same seed', async () => {
  await withClient(async (client, emulator) => {
    const weights = { 'no-image': 3, '503': 1, ok: 0 }
    async function play(seed: number): Promise<string> {
      emulator.setScenario('mix', { seed, weights, timeScale: 0.0001 })
      let outcomes = ''
      for (let call = 0; call < 30; call += 1) {
        outcomes += await ask(client).then(
          () => 'n',
          () => 'x',
        )
      }
      return outcomes
    }
    const first = await play(7)
    assert.is(await play(7), first)
    assert.is.not(await play(8), first)
    const failed = first.replaceAll('n', '').length
    assert.ok(failed > 1 && failed < 16, first)
    assert.is(emulator.readState().counts.ok, undefined)
  })
})

test.run()
