// Connections that hang, break or are refused, and pictures that lie at an address.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type OpenaiEmulator, startOpenaiEmulator } from '../../emulators/openai.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { until } from '../../support/until.ts'
import { apiKey, type Opened, withProvider } from './open-provider.ts'

const test = suite('providers/openai/network')

async function abortWhenCharged({ emulator, run }: Opened): Promise<void> {
  const controller = new AbortController()
  const reason = new Error('the window has closed')
  const call = rejectionOf(run({}, { signal: controller.signal }))
  await until(() => emulator.charged() === 1, 'the generator runs')
  controller.abort(reason)
  assert.is(await call, reason)
  await until(() => emulator.requests[0]?.isClosedEarly, 'the emulator sees that the adapter has gone')
}

test('a vendor that never answers is left when the signal fires, and notices it', async () => {
  await withProvider({ scenario: 'hang' }, abortWhenCharged)
})

test('a picture that takes long is not waited for after the signal', async () => {
  await withProvider({ scenario: { name: 'slow', ms: 600_000 } }, abortWhenCharged)
})

test('a picture that hangs while it is fetched is left when the signal fires', async () => {
  await withProvider({ scenario: { name: 'url', to: '/hang' } }, async ({ emulator, run }) => {
    const controller = new AbortController()
    const call = rejectionOf(run({}, { signal: controller.signal }))
    await until(() => emulator.requests[1], 'the picture is being fetched')
    const reason = new Error('the window has closed')
    controller.abort(reason)
    assert.is(await call, reason)
    await until(() => emulator.requests[1]?.isClosedEarly, 'the emulator sees that the adapter has gone')
  })
})

test('a connection that breaks in the middle of the answer is tried once more: it has been paid for', async () => {
  await withProvider({ scenario: ['reset'] }, async ({ emulator, failureOf }) => {
    const error = await failureOf()
    assert.is(error.code, 'provider_unavailable')
    assert.equal(error.retryHint, { atMost: 1, afterMs: 1_000 })
    assert.not(JSON.stringify([error.message, error.stack]).includes(apiKey))
    assert.is(emulator.charged(), 1)
  })
})

test("a refused connection was never sent: a gateway is tried twice, a server of one's own once, later", async () => {
  const gone = await startOpenaiEmulator()
  await gone.close()
  const hints: unknown[] = []
  for (const isKeyless of [false, true]) {
    await withProvider({ baseUrl: gone.url, isKeyless }, async ({ failureOf }) => {
      const error = await failureOf()
      assert.is(error.code, 'provider_unavailable')
      assert.match(error.message, 'ECONNREFUSED')
      hints.push(error.retryHint)
    })
  }
  assert.equal(hints, [
    { atMost: 2, afterMs: 1_000 },
    { atMost: 1, afterMs: 2_000 },
  ])
})

test('after a failure the same provider works again', async () => {
  await withProvider({ scenario: ['reset', 'overloaded', 'ok'] }, async ({ run, failureOf }) => {
    await failureOf()
    await failureOf()
    assert.is((await run()).mime, 'image/jpeg')
  })
})

test('a picture at an address of the provider itself is fetched, with the key', async () => {
  await withProvider({ scenario: 'url' }, async ({ emulator, run }) => {
    const picture = await run()
    assert.is(picture.mime, 'image/jpeg')
    const [, fetched] = emulator.requests
    assert.match(fetched?.path ?? '', /^\/files\/.+\.jpeg$/)
    assert.is(fetched?.headers.authorization, `Bearer ${apiKey}`)
  })
})

test('response_format=url works at self-hosted servers', async () => {
  await withProvider({ personality: 'selfhosted', isKeyless: true }, async ({ emulator, run }) => {
    await run({ extra_fields: { response_format: 'url' } })
    assert.is(emulator.requests.length, 2)
  })
})

const refused = (other: OpenaiEmulator, own: OpenaiEmulator) => [
  `${other.origin}/files/picture.png`,
  `http://localhost:${new URL(other.url).port}/files/picture.png`,
  'http://10.0.0.7/picture.png',
  'http://169.254.169.254/latest/meta-data',
  'http://[::1]:8080/picture.png',
  `${own.origin}/redirect?to=${encodeURIComponent(`${other.origin}/picture.png`)}`,
  'file:///etc/passwd',
  'http://',
  '/files/not-there.png',
]

test('addresses in private networks, of other kinds, and without a picture are refused', async () => {
  const other = await startOpenaiEmulator()
  try {
    await withProvider({}, async ({ emulator, failureOf }) => {
      for (const to of refused(other, emulator)) {
        emulator.setScenario([{ name: 'url', to }])
        const error = await failureOf()
        assert.is(error.code, 'bad_response', to)
        assert.equal(error.retryHint, { atMost: 1, afterMs: 1_000 }, to)
      }
    })
    assert.is(other.requests.length, 0)
  } finally {
    await other.close()
  }
})

test('a picture inside of a data URI is taken', async () => {
  const onePixel =
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  await withProvider({ scenario: [{ name: 'url', to: onePixel }] }, async ({ run }) => {
    assert.is((await run()).mime, 'image/jpeg')
  })
})

test.run()
