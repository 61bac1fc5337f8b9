// The emulated Gemini as Google's own client sees it, so that the adapter is judged by something that keeps to the wire.
import { readFile } from 'node:fs/promises'
import { ApiError, GoogleGenAI, HarmBlockThreshold, HarmCategory, ThinkingLevel } from '@google/genai'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type GeminiEmulator, startGeminiEmulator } from '../../emulators/gemini.ts'
import { landscape, portrait } from '../../support/photos.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { until } from '../../support/until.ts'

const test = suite('providers/gemini/emulator')

const flash = 'gemini-2.5-flash-image'
const banana = 'gemini-nano-banana-2.1'

async function withClient(
  use: (client: GoogleGenAI, emulator: GeminiEmulator) => Promise<void>,
  options: Parameters<typeof startGeminiEmulator>[0] & { clientKey?: string } = {},
): Promise<void> {
  const emulator = await startGeminiEmulator(options)
  try {
    const apiKey = options.clientKey ?? 'TEST_KEY'
    await use(new GoogleGenAI({ apiKey, httpOptions: { baseUrl: emulator.url } }), emulator)
  } finally {
    await emulator.close()
  }
}

const inline = async (path = portrait) => ({
  inlineData: { mimeType: 'image/jpeg', data: await readFile(path, 'base64') },
})

async function ask(client: GoogleGenAI, config: object = {}, model = banana) {
  return await client.models.generateContent({
    model,
    contents: [await inline(), { text: 'make it a comic' }],
    config,
  })
}

async function apiErrorOf(work: Promise<unknown>) {
  const error = await rejectionOf(work)
  assert.instance(error, ApiError)
  const { status } = error as ApiError
  const body = JSON.parse(error.message) as {
    error: { message: string; status: string; details?: { '@type': string; [key: string]: unknown }[] }
  }
  return { httpStatus: status, ...body.error }
}

test('a picture comes back at the wanted shape, made from the one that was sent', async () => {
  await withClient(async (client, emulator) => {
    const answer = await ask(client, {
      responseModalities: ['IMAGE'],
      imageConfig: { aspectRatio: '3:2', imageSize: '1K' },
      thinkingConfig: { thinkingLevel: ThinkingLevel.MINIMAL },
      safetySettings: [
        { category: HarmCategory.HARM_CATEGORY_HARASSMENT, threshold: HarmBlockThreshold.BLOCK_ONLY_HIGH },
      ],
    })
    assert.is(answer.candidates?.[0]?.finishReason, 'STOP')
    const bytes = Buffer.from(answer.data ?? '', 'base64')
    const { width, height, format } = await sharp(bytes).metadata()
    assert.equal([width, height, format], [1264, 848, 'jpeg'])
    assert.is(answer.usageMetadata?.candidatesTokenCount, 1120)
    assert.ok(answer.responseId)
    // Light and dark lie where they lay in the photo; only the colours are others.
    const likeness = async (path: string) =>
      correlation(await greyOf(bytes), await greyOf(await readFile(path)))
    assert.ok((await likeness(portrait)) > 0.7, `${await likeness(portrait)}`)
    assert.ok((await likeness(landscape)) < 0.5, `${await likeness(landscape)}`)
    const [request] = emulator.requests
    assert.is(request?.path, `/v1beta/models/${banana}:generateContent`)
    assert.is(request?.headers['x-goog-api-key'], 'TEST_KEY')
    assert.is(request?.outcome, 'answered')
    assert.is(emulator.readState().charged, 1)
  })
})

const greyOf = (bytes: Buffer) => sharp(bytes).resize(60, 40, { fit: 'cover' }).greyscale().raw().toBuffer()

function correlation(one: Buffer, other: Buffer): number {
  const mean = (values: Buffer) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanOne, meanOther] = [mean(one), mean(other)]
  let [both, squareOne, squareOther] = [0, 0, 0]
  for (const [index, value] of one.entries()) {
    const [a, b] = [value - meanOne, (other[index] ?? 0) - meanOther]
    both += a * b
    squareOne += a * a
    squareOther += b * b
  }
  return both / Math.sqrt(squareOne * squareOther)
}

test('without a shape the model takes that of the photo, and 2.5 answers with PNG', async () => {
  await withClient(async (client) => {
    const answer = await client.models.generateContent({
      model: flash,
      contents: [await inline(landscape), { text: 'x' }],
    })
    const [text, picture] = answer.candidates?.[0]?.content?.parts ?? []
    assert.is(text?.text, 'Here is your picture.')
    assert.is(picture?.inlineData?.mimeType, 'image/png')
    const { width, height } = await sharp(Buffer.from(picture?.inlineData?.data ?? '', 'base64')).metadata()
    assert.ok(width > height)
    assert.is(answer.usageMetadata?.candidatesTokenCount, 1290)
  })
})

test('the newer path of the API is served as well', async () => {
  await withClient(async (_, emulator) => {
    const httpOptions = { baseUrl: emulator.url, apiVersion: 'v1' }
    const answer = await ask(new GoogleGenAI({ apiKey: 'TEST_KEY', httpOptions }))
    assert.ok(answer.data)
    assert.match(emulator.requests[0]?.path ?? '', /^\/v1\/models\//)
  })
})

test('a file is uploaded in chunks, described, used and removed', async () => {
  await withClient(async (client, emulator) => {
    // Larger than one chunk of 8 MiB.
    const photo = await readFile(portrait)
    const bytes = await sharp(photo)
      .resize(3000, 3000, { fit: 'fill' })
      .png({ compressionLevel: 0 })
      .toBuffer()
    const blob = new Blob([Uint8Array.from(bytes)], { type: 'image/png' })
    const file = await client.files.upload({ file: blob, config: { displayName: 'kiosk' } })
    assert.is(file.sizeBytes, String(bytes.length))
    assert.is(file.state, 'ACTIVE')
    const found = await client.files.get({ name: file.name ?? '' })
    assert.is(found.displayName, 'kiosk')
    assert.is(found.uri, file.uri)
    const fileData = { fileUri: file.uri ?? '', mimeType: 'image/png' }
    const answer = await client.models.generateContent({
      model: banana,
      contents: [{ fileData }, { text: 'x' }],
    })
    assert.ok(answer.data)
    await client.files.delete({ name: file.name ?? '' })
    assert.equal(emulator.readState().files, [])
    const gone = await apiErrorOf(client.files.get({ name: file.name ?? '' }))
    assert.is(gone.httpStatus, 403)
    const commands = emulator.requests.map(({ headers }) => headers['x-goog-upload-command'])
    assert.equal(commands.filter(Boolean), [
      'start',
      ...Array(Math.floor(bytes.length / 8_388_608)).fill('upload'),
      'upload, finalize',
    ])
  })
})

test('a file is not to be used before it is active', async () => {
  await withClient(async (client, emulator) => {
    emulator.setFileProcessing(2)
    const blob = new Blob([Uint8Array.from(await readFile(portrait))], { type: 'image/jpeg' })
    const { name = '', uri = '', state } = await client.files.upload({ file: blob })
    assert.is(state, 'PROCESSING')
    const contents = [{ fileData: { fileUri: uri, mimeType: 'image/jpeg' } }]
    const tooEarly = await apiErrorOf(client.models.generateContent({ model: banana, contents }))
    assert.is(tooEarly.status, 'FAILED_PRECONDITION')
    assert.is((await client.files.get({ name })).state, 'PROCESSING')
    assert.is((await client.files.get({ name })).state, 'ACTIVE')
    assert.ok((await client.models.generateContent({ model: banana, contents })).data)
  })
})

test('a missing picture is an answer and not an error', async () => {
  await withClient(async (client, emulator) => {
    emulator.queueScenarios([
      'no-image',
      'no-image',
      'image-other',
      'image-safety',
      'prompt-blocked',
      'two-images',
    ])
    for (const reason of ['NO_IMAGE', 'NO_IMAGE', 'IMAGE_OTHER', 'IMAGE_SAFETY']) {
      const answer = await ask(client)
      assert.is(answer.candidates?.[0]?.finishReason, reason)
      assert.is(answer.data, undefined)
    }
    const blocked = await ask(client)
    assert.is(blocked.candidates, undefined)
    assert.is(blocked.promptFeedback?.blockReason, 'PROHIBITED_CONTENT')
    assert.is(emulator.readState().charged, 0)
    const painted = await ask(client)
    assert.is(painted.candidates?.[0]?.content?.parts?.length, 2)
    assert.ok((await ask(client)).data, 'the queue is used up')
    assert.is(emulator.readState().charged, 2)
  })
})

test('failures have the statuses and the details of the service', async () => {
  const rows: [scenario: string, httpStatus: number, status: string][] = [
    ['429-minute', 429, 'RESOURCE_EXHAUSTED'],
    ['429-day', 429, 'RESOURCE_EXHAUSTED'],
    ['500', 500, 'INTERNAL'],
    ['503', 503, 'UNAVAILABLE'],
    ['504', 504, 'DEADLINE_EXCEEDED'],
    ['key-invalid', 400, 'INVALID_ARGUMENT'],
    ['region', 400, 'FAILED_PRECONDITION'],
    ['key-leaked', 403, 'PERMISSION_DENIED'],
    ['retired', 404, 'NOT_FOUND'],
    ['html-502', 502, 'Bad Gateway'],
  ]
  await withClient(async (client, emulator) => {
    for (const [scenario, httpStatus, status] of rows) {
      emulator.setScenario(scenario)
      const error = await apiErrorOf(ask(client))
      assert.equal([error.httpStatus, error.status], [httpStatus, status], scenario)
    }
    emulator.setScenario('429-minute', { retryDelay: '3.5s' })
    const { details = [] } = await apiErrorOf(ask(client))
    const retry = details.find((detail) => detail['@type'].endsWith('google.rpc.RetryInfo'))
    assert.is(retry?.retryDelay, '3.5s')
    assert.is(emulator.readState().charged, 0)
  })
})

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

test('a client that gives up is noticed', async () => {
  await withClient(async (client, emulator) => {
    emulator.setScenario('hang')
    const controller = new AbortController()
    const call = rejectionOf(ask(client, { abortSignal: controller.signal }))
    await until(() => emulator.readState().counts.hang, 'the call has arrived')
    controller.abort()
    assert.is((await call).name, 'AbortError')
    await until(() => emulator.requests[0]?.outcome === 'aborted', 'the connection is gone')
    assert.equal([emulator.readState().aborted, emulator.readState().charged], [1, 1])
  })
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
    assert.ok((await ask(client)).data)
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
