// Pictures that are uploaded before the call, and that do not stay at Google afterwards.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createGeminiClient } from '../../../src/providers/gemini/client.ts'
import { createHttpClient } from '../../../src/providers/request.ts'
import { landscape } from '../../support/photos.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { jpegAt } from '../../support/task.ts'
import { until } from '../../support/until.ts'
import { secretKey, withRig } from './rig.ts'

const test = suite('providers/gemini/files-api')
const small = { files_api_above_mb: 0.01 }

test('above the limit every picture is uploaded, named in the call and removed', async () => {
  await withRig(async ({ run, emulator, provider, lastBody }) => {
    const picture = await run(small, { operation: 'style_transfer', templates: { style: jpegAt(landscape) } })
    assert.is(picture.mime, 'image/jpeg')
    const [photo, style, text] = lastBody().contents[0]?.parts ?? []
    for (const part of [photo, style]) {
      assert.is(part?.inlineData, undefined)
      assert.is(part?.fileData?.mimeType, 'image/jpeg')
      assert.match(part?.fileData?.fileUri ?? '', /^http:\/\/127\.0\.0\.1:\d+\/v1beta\/files\/[0-9a-f-]{36}$/)
    }
    assert.is.not(photo?.fileData?.fileUri, style?.fileData?.fileUri)
    assert.ok(text?.text)
    await provider.close?.()
    const steps = emulator.requests.map(
      ({ method, path }) => `${method} ${path.replace(/[?:].*|[0-9a-f-]{36}/g, '')}`,
    )
    assert.equal(steps.slice(0, 5), [
      'POST /upload/v1beta/files',
      'POST /upload/v1beta/files',
      'POST /upload/v1beta/files',
      'POST /upload/v1beta/files',
      'POST /v1beta/models/gemini-nano-banana-2.1',
    ])
    assert.equal(steps.slice(5), ['DELETE /v1beta/files/', 'DELETE /v1beta/files/'])
    assert.ok(emulator.requests.every(({ headers }) => headers['x-goog-api-key'] === secretKey))
    assert.equal(emulator.readState().files, [])
  })
})

test('the default limit is far above what a photo has', async () => {
  await withRig(async ({ run, lastBody }) => {
    await run()
    assert.ok(lastBody().contents[0]?.parts[0]?.inlineData)
  })
})

test('files are removed after a failure too', async () => {
  await withRig(async ({ run, emulator, provider }) => {
    emulator.setScenario('image-safety')
    assert.is((await rejectionOf(run(small))).code, 'content_blocked')
    await provider.close?.()
    assert.equal(emulator.readState().files, [])
    assert.is(emulator.requests.at(-1)?.method, 'DELETE')
  })
})

test('files are removed when the window closes during the call', async () => {
  await withRig(async ({ run, emulator }) => {
    emulator.setScenario('hang')
    const controller = new AbortController()
    const call = rejectionOf(run(small, { signal: controller.signal }))
    await until(() => emulator.readState().counts.hang, 'the call has arrived')
    assert.is(emulator.readState().files.length, 1)
    const reason = new Error('the window has closed')
    controller.abort(reason)
    assert.is(await call, reason)
    await until(() => emulator.readState().files.length === 0, 'the file is removed')
  })
})

test('a file that is still being looked at is waited for', async () => {
  await withRig(async ({ run, emulator }) => {
    emulator.setFileProcessing(1)
    await run(small)
    assert.ok(
      emulator.requests.some(({ method, path }) => method === 'GET' && path.startsWith('/v1beta/files/')),
    )
  })
})

test('waiting for a file ends with the signal', async () => {
  await withRig(async ({ run, emulator }) => {
    emulator.setFileProcessing(1_000_000)
    const controller = new AbortController()
    const call = rejectionOf(run(small, { signal: controller.signal }))
    await until(() => emulator.requests.some(({ method }) => method === 'GET'), 'it is being waited for')
    const reason = new Error('the window has closed')
    controller.abort(reason)
    assert.is(await call, reason)
  })
})

test('failures of an upload are those of the provider', async () => {
  await withRig(async ({ run, emulator }) => {
    for (const [scenario, code, message] of [
      ['503', 'provider_unavailable', /HTTP 503/],
      ['key-suspended', 'auth_config', /API key/],
      ['invalid-argument', 'bad_input', /HTTP 400/],
      ['html-200', 'bad_response', /upload/],
    ] as const) {
      emulator.setUploadScenario(scenario)
      const error = await rejectionOf(run(small))
      assert.is(error.code, code, scenario)
      assert.match(error.message, message)
    }
    emulator.setUploadScenario('ok')
    emulator.setFileProcessing(0, 'FAILED')
    assert.is((await rejectionOf(run(small))).code, 'bad_input')
  })
})

test('an upload goes through the same gateway as everything else', async () => {
  const http = createHttpClient({ baseUrl: 'http://gateway.example/prefix' })
  try {
    const client = createGeminiClient(http, secretKey)
    const named = 'https://generativelanguage.googleapis.com/upload/v1beta/files?upload_id=7'
    assert.is(client.findThroughBase(named), 'http://gateway.example/upload/v1beta/files?upload_id=7')
    assert.is(client.findThroughBase('nonsense'), undefined)
    assert.is(client.findThroughBase(undefined), undefined)
  } finally {
    await http.close()
  }
})

test.run()
