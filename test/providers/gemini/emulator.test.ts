// The emulated Gemini as Google's own client sees it, so that the adapter is judged by something that keeps to the wire.
import { readFile } from 'node:fs/promises'
import { GoogleGenAI, HarmBlockThreshold, HarmCategory, ThinkingLevel } from '@google/genai'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { landscape, portrait } from '../../support/photos.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { until } from '../../support/until.ts'
import { apiErrorOf, ask, banana, flash, inline, pictureOf, withClient } from './official-client.ts'

const test = suite('providers/gemini/emulator')

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
    const bytes = pictureOf(answer)
    if (!bytes) throw new Error('there is no picture')
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
    assert.ok(pictureOf(answer))
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
    assert.ok(pictureOf(answer))
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
    assert.ok(pictureOf(await client.models.generateContent({ model: banana, contents })))
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
      assert.is(pictureOf(answer), undefined)
    }
    const blocked = await ask(client)
    assert.is(blocked.candidates, undefined)
    assert.is(blocked.promptFeedback?.blockReason, 'PROHIBITED_CONTENT')
    assert.is(emulator.readState().charged, 0)
    const painted = await ask(client)
    assert.is(painted.candidates?.[0]?.content?.parts?.length, 2)
    assert.ok(pictureOf(await ask(client)), 'the queue is used up')
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

test.run()
