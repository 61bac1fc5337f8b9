// The double, judged by the official client: what is good enough for it is good enough for the adapter.
import { readFile } from 'node:fs/promises'
import type OpenAI from 'openai'
import {
  APIConnectionError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  toFile,
} from 'openai'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { StepName } from '../../emulators/openai-scenario.ts'
import { landscape, portrait } from '../../support/photos.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { until } from '../../support/until.ts'
import { jpeg, withEmulator } from './official-client.ts'

const test = suite('emulators/openai')

const bytesOf = ({ data }: OpenAI.ImagesResponse) => Buffer.from(data?.[0]?.b64_json ?? '', 'base64')

const meansOf = async (bytes: Buffer) => (await sharp(bytes).stats()).channels.map(({ mean }) => mean)

test('one picture comes back at the size and in the format that were asked for', async () => {
  await withEmulator({}, async ({ emulator, edit }) => {
    const answer = await edit({ size: '1024x1536', output_format: 'jpeg', quality: 'low' })
    const { mediaType, width, height } = await sharp(bytesOf(answer)).metadata()
    assert.equal({ mediaType, width, height }, { mediaType: 'image/jpeg', width: 1024, height: 1536 })
    assert.is(answer.usage?.output_tokens, 408)
    assert.match(answer._request_id ?? '', /^req_\w+$/)
    const [request] = emulator.requests
    assert.equal(
      request?.images.map(({ part, mime }) => ({ part, mime })),
      [{ part: 'image', mime: 'image/jpeg' }],
    )
    assert.equal(request?.fields, {
      model: 'gpt-image-2.5-flare',
      prompt: 'a comic',
      size: '1024x1536',
      output_format: 'jpeg',
      quality: 'low',
    })
    assert.is(request?.headers.authorization, 'Bearer sk-test')
    assert.is(emulator.charged(), 1)
  })
})

test('the picture is made from the photo, and takes its colour from the last reference', async () => {
  await withEmulator({}, async ({ edit, emulator }) => {
    const blue = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#1020e0' } })
      .png()
      .toBuffer()
    const style = await toFile(blue, 'style.png', { type: 'image/png' })
    const size = '1024x1024' as const
    const [plain, styled, other] = await Promise.all([
      edit({ size }),
      edit({ size, image: [await jpeg(portrait), style] }),
      edit({ size, image: await jpeg(landscape) }),
    ])
    const [red = 0, , bluish = 0] = await meansOf(bytesOf(plain))
    const [styledRed = 0, , styledBlue = 0] = await meansOf(bytesOf(styled))
    assert.ok(red > bluish)
    assert.ok(styledBlue > styledRed)
    assert.not.equal(bytesOf(other), bytesOf(plain))
    const parts = emulator.requests.map(({ images }) => images.map(({ part }) => part).join())
    assert.equal(parts.sort(), ['image', 'image', 'image[],image[]'])
  })
})

test('pictures as data URIs in a JSON body are taken too', async () => {
  await withEmulator({}, async ({ emulator, client }) => {
    const photo = (await readFile(portrait)).toString('base64')
    const answer = await client.post<OpenAI.ImagesResponse>('/images/edits', {
      body: {
        model: 'gpt-image-2.5-flare',
        prompt: 'a comic',
        images: [{ image_url: `data:image/jpeg;base64,${photo}` }],
        moderation: 'low',
      },
    })
    assert.is((await sharp(bytesOf(answer)).metadata()).format, 'png')
    assert.is(emulator.requests[0]?.images[0]?.widthPx, 512)
  })
})

const classes: readonly [StepName, new (...args: never[]) => Error, string | null][] = [
  ['moderation_blocked', BadRequestError, 'moderation_blocked'],
  ['invalid_image_file', BadRequestError, 'invalid_image_file'],
  ['invalid_value', BadRequestError, 'invalid_value'],
  ['invalid_api_key', AuthenticationError, 'invalid_api_key'],
  ['country_forbidden', PermissionDeniedError, 'unsupported_country_region_territory'],
  ['model_not_found', NotFoundError, 'model_not_found'],
  ['rate_limit', RateLimitError, 'rate_limit_exceeded'],
  ['billing', RateLimitError, 'insufficient_quota'],
  ['server_error', InternalServerError, 'server_error'],
  ['overloaded', InternalServerError, 'server_is_overloaded'],
]

test('the client knows the errors, their codes and their request ids', async () => {
  await withEmulator({}, async ({ emulator, edit }) => {
    for (const [name, expected, code] of classes) {
      emulator.setScenario(name)
      const error = await rejectionOf(edit())
      assert.instance(error, expected, name)
      assert.is(error.code, code)
      assert.match((error as Error & { requestID: string }).requestID, /^req_/)
    }
    emulator.setScenario('edge_html')
    assert.is(((await rejectionOf(edit())) as Error & { status?: number }).status, 520)
    assert.is(emulator.charged(), 0)
  })
})

test('the client waits as retry-after says and obeys x-should-retry', async () => {
  await withEmulator({}, async ({ emulator, edit }) => {
    emulator.setScenario([{ name: 'rate_limit', retryAfterMs: 20 }, 'ok'])
    await edit({}, { maxRetries: 1 })
    assert.equal(
      emulator.requests.map(({ status }) => status),
      [429, 200],
    )
    emulator.setScenario(['final_error', 'ok'])
    assert.instance(await rejectionOf(edit({}, { maxRetries: 2 })), InternalServerError)
    assert.is(emulator.requests.length, 3)
  })
})

test('hanging, cut and aborted calls end as the client expects, and are charged', async () => {
  await withEmulator({ scenario: ['hang', 'reset'] }, async ({ emulator, edit }) => {
    const controller = new AbortController()
    const call = rejectionOf(edit({}, { signal: controller.signal }))
    await until(() => emulator.charged() === 1, 'the generator runs')
    controller.abort()
    assert.instance(await call, APIUserAbortError)
    await until(() => emulator.requests[0]?.isClosedEarly, 'the emulator sees that the client has gone')
    const cut = await rejectionOf(edit())
    assert.ok(cut instanceof APIConnectionError || /terminated|reset/i.test(cut.message), cut.message)
    assert.is(emulator.charged(), 2)
  })
})

test('self-hosted servers want no key, make one picture at a time and know neither model nor size rules', async () => {
  await withEmulator({ personality: 'selfhosted' }, async ({ emulator, edit }) => {
    emulator.setScenario([{ name: 'slow', ms: 60_000 }, 'ok'])
    const controller = new AbortController()
    const first = rejectionOf(edit({}, { signal: controller.signal }))
    await until(() => emulator.charged() === 1, 'the first picture is being made')
    const second = edit({ model: 'my-model', size: '640x448' as never, seed: 7 })
    await until(() => emulator.requests[1]?.step, 'the second call waits for its turn')
    assert.is(emulator.charged(), 1)
    controller.abort()
    assert.instance(await first, APIUserAbortError)
    assert.is((await sharp(bytesOf(await second)).metadata()).width, 640)
  })
})

test('self-hosted servers write their errors in their own ways', async () => {
  await withEmulator({ personality: 'selfhosted' }, async ({ edit }) => {
    const error = (await rejectionOf(edit({ prompt: '' }))) as Error & { error?: unknown }
    assert.is(error.error, 'prompt required')
  })
  await withEmulator({ personality: 'selfhosted-detail' }, async ({ emulator, client, edit }) => {
    const wrongPart = await fetchEdit(`${emulator.url}/images/edits`, 'image[]')
    assert.is(wrongPart.status, 422)
    assert.equal(wrongPart.body, {
      detail: [{ type: 'missing', loc: ['body', 'image'], msg: 'Field required', input: null }],
    })
    await edit()
    assert.ok((await client.models.list()).data.length > 5)
  })
})

async function fetchEdit(url: string, part: string) {
  const form = new FormData()
  form.append('prompt', 'a comic')
  form.append(part, new Blob([new Uint8Array(await readFile(portrait))], { type: 'image/jpeg' }), 'photo.jpg')
  const response = await fetch(url, { method: 'POST', body: form })
  return { status: response.status, body: await response.json() }
}

test('an admin route switches the scenario, and refuses what it does not know', async () => {
  await withEmulator({}, async ({ emulator, edit }) => {
    const post = async (scenario: unknown) =>
      (
        await fetch(`${emulator.origin}/__emulator/scenario`, {
          method: 'POST',
          body: JSON.stringify(scenario),
        })
      ).status
    assert.is(await post(['overloaded', { name: 'slow', ms: 1 }]), 204)
    assert.instance(await rejectionOf(edit()), InternalServerError)
    await edit()
    for (const wrong of ['no_such_step', { name: 'toString' }, 7, null]) assert.is(await post(wrong), 400)
    const seen = await (await fetch(`${emulator.origin}/__emulator/requests`)).json()
    assert.is((seen as { charged: number }).charged, 1)
  })
})

test('a mixture is the same for the same seed, and has every kind of step', async () => {
  const play = async (seed: number) => {
    const statuses: (number | undefined)[] = []
    const weights = { overloaded: 2, rate_limit: 1, billing: 1 } as const
    await withEmulator(
      { scenario: { name: 'mix', seed, weights, timeScale: 0 } },
      async ({ emulator, edit }) => {
        for (let call = 0; call < 16; call += 1) await rejectionOf(edit())
        statuses.push(
          ...emulator.requests.map(({ status, step }) => (status === 429 ? step?.name.length : status)),
        )
      },
    )
    return statuses
  }
  const first = await play(7)
  assert.equal(await play(7), first)
  assert.not.equal(await play(8), first)
  assert.is(new Set(first).size, 3)
})

test.run()
