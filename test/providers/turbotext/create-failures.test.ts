// What comes of a create_queue that is not accepted, or not heard to be: every accepted one is paid for.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ErrorCode } from '../../../src/errors.ts'
import type { Step } from '../../emulators/turbotext/stories.ts'
import { until } from '../../support/until.ts'
import { countAgain, withSite } from './site.ts'

const test = suite('providers/turbotext: create_queue')

interface Row {
  step: Step
  code: ErrorCode
  /** How often the worker may call again. */
  again?: number
  afterMs?: number
  status?: number
  says?: RegExp
}

const rows: Row[] = [
  { step: 'LIMIT', code: 'quota_exhausted', says: /tariff are used up/ },
  { step: 'errors_limit', code: 'quota_exhausted' },
  { step: 'http_429', code: 'rate_limited', status: 429 },
  { step: 'provider_busy', code: 'provider_unavailable', again: 1, afterMs: 2_000 },
  {
    step: 'url_error',
    code: 'auth_config',
    says: /could not fetch the photo from PHOTOCHANGER_PUBLIC_URL.*must be reachable from the Internet/,
  },
  { step: 'params_error', code: 'bad_input', says: /settings/ },
  { step: 'size_error', code: 'bad_input', says: /too large/ },
  { step: 'http_413', code: 'bad_input', status: 413, says: /too large/ },
  { step: 'http_400', code: 'bad_input', status: 400 },
  { step: 'http_404', code: 'bad_input', status: 404 },
  { step: 'face_not_detected', code: 'bad_input', says: /no face.*look into the camera/ },
  { step: 'face_not_found', code: 'bad_input', says: /no face/ },
  { step: 'message_only', code: 'bad_input', says: /no face/ },
  { step: 'quality_limit', code: 'bad_input', says: /not good enough/ },
  { step: 'forbidden', code: 'content_blocked', says: /refused this photo/ },
  { step: 'http_401', code: 'auth_config', status: 401, says: /API key.*VIP tariff/ },
  { step: 'http_403', code: 'auth_config', status: 403, says: /API key.*VIP tariff/ },
  { step: 'http_500', code: 'provider_unavailable', again: 2, afterMs: 2_000, status: 500 },
  { step: 'http_503', code: 'provider_unavailable', again: 2, afterMs: 2_000, status: 503 },
  { step: 'html_502', code: 'provider_unavailable', again: 2, afterMs: 2_000, status: 502 },
  { step: 'wordless', code: 'bad_response' },
  { step: 'solar_flare', code: 'bad_response' },
  { step: 'no_queueid', code: 'bad_response' },
  { step: 'html', code: 'bad_response' },
  { step: 'broken_json', code: 'bad_response' },
  { step: 'redirect_private', code: 'bad_response', status: 302 },
]

for (const { step, code, again = 0, afterMs, status = 200, says = /Turbotext/ } of rows) {
  test(`${step}: ${code}, ${again === 0 ? 'not called again' : `called again ${again} times`}`, async () => {
    await withSite({ scenario: { create: step } }, async ({ fail, emulator }) => {
      const saved: string[] = []
      const error = await fail({ saveReference: async (reference) => void saved.push(reference) })
      assert.is(error.code, code)
      assert.match(error.message, says)
      assert.is(countAgain(error), again)
      if (afterMs !== undefined) assert.is(error.retryHint?.afterMs, afterMs)
      assert.is(error.details?.http_status, status)
      assert.is(error.details?.reference_spent, undefined)
      assert.is(emulator.requests.length, 1)
      assert.equal(saved, [])
    })
  })
}

test("the vendor's own word is kept for the operator", async () => {
  for (const step of ['quality_limit', 'solar_flare'] as const) {
    await withSite({ scenario: { create: step } }, async ({ fail }) => {
      assert.is((await fail()).details?.vendor_error, step)
    })
  }
})

test('a connection that fails before the answer is tried once more', async () => {
  await withSite({ scenario: { create: 'reset' } }, async ({ fail, emulator }) => {
    const error = await fail()
    assert.equal([error.code, countAgain(error)], ['provider_unavailable', 1])
    assert.is(emulator.created, 0)
  })
})

test('an answer that breaks off, or does not come, may have been paid for and is not tried again', async () => {
  for (const [step, code] of [
    ['cut', 'provider_unavailable'],
    ['hang', 'provider_timeout'],
    ['hang_body', 'provider_timeout'],
  ] as const) {
    const options = { scenario: { create: step }, timing: { createLimitMs: step === 'cut' ? 15_000 : 400 } }
    await withSite(options, async ({ fail, emulator }) => {
      const error = await fail()
      assert.equal([error.code, countAgain(error)], [code, 0])
      await until(() => emulator.created === 1, 'the photo is paid for')
    })
  }
})

test('an address that the vendor really cannot fetch is for the operator to mend, and costs nothing', async () => {
  for (const address of ['http://127.0.0.1:1/photo.jpg', undefined]) {
    await withSite({}, async ({ fail, shop, emulator }) => {
      const gone = async () => address ?? (await shop.publish({ path: '/nowhere', mime: 'image/jpeg' }))
      const error = await fail({ publish: gone })
      assert.is(error.code, 'auth_config')
      assert.is(emulator.created, 0)
    })
  }
})

test('a tariff that is used up by the last photo refuses the next', async () => {
  await withSite({ attempts: 1 }, async ({ run, fail }) => {
    await run('image_edit', { prompt: 'a watercolour' })
    assert.is((await fail()).code, 'quota_exhausted')
  })
})

test.run()
