// What comes of a photo that is in the queue and paid for: polling on is free, and only the vendor can give it up.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AppError, ErrorCode } from '../../../src/errors.ts'
import type { Step } from '../../emulators/turbotext/stories.ts'
import { countAgain, type Site, withSite } from './site.ts'

const test = suite('providers/turbotext: get_result')

const prompt = { prompt: 'a watercolour' }
const polls = ({ emulator }: Site) => emulator.requests.filter(({ form }) => form.do === 'get_result').length
const describe = ({ code, details }: AppError) => ({ code, ...details })

const finals: [Step, ErrorCode, number][] = [
  ['LIMIT', 'quota_exhausted', 0],
  ['url_error', 'auth_config', 0],
  ['params_error', 'bad_input', 0],
  ['size_error', 'bad_input', 0],
  ['face_not_detected', 'bad_input', 0],
  ['face_not_found', 'bad_input', 0],
  ['message_only', 'bad_input', 0],
  ['quality_limit', 'bad_input', 0],
  ['solar_flare', 'bad_response', 0],
  ['provider_busy', 'provider_unavailable', 1],
]

for (const [step, code, again] of finals) {
  test(`${step} is the vendor's last word: ${code}`, async () => {
    await withSite({ scenario: { polls: ['reconnect', step] } }, async (site) => {
      const error = await site.fail()
      assert.equal(describe(error), {
        code,
        http_status: 200,
        vendor_error: step === 'message_only' ? 'face_not_found' : step,
        reference_spent: true,
        queue_id: '88001',
      })
      assert.is(countAgain(error), again)
      assert.is(polls(site), 2)
    })
  })
}

test('a refused photo is content_blocked, whatever else the answer calls a success', async () => {
  await withSite({ scenario: 'forbidden' }, async ({ fail }) => {
    const error = await fail()
    assert.equal([error.code, error.details?.reference_spent], ['content_blocked', true])
    assert.is(countAgain(error), 0)
  })
})

const passing: [Step, ErrorCode][] = [
  ['html_502', 'provider_unavailable'],
  ['http_500', 'provider_unavailable'],
  ['http_429', 'rate_limited'],
  ['reset', 'provider_unavailable'],
  ['cut', 'provider_unavailable'],
  ['html', 'bad_response'],
  ['broken_json', 'bad_response'],
  ['wordless', 'bad_response'],
]

for (const [step, code] of passing) {
  test(`${step} may come five times in a row; then it is ${code}, and resumed for nothing`, async () => {
    const scenario = [{ polls: Array<Step>(5).fill(step) }, { polls: Array<Step>(6).fill(step) }]
    await withSite({ scenario }, async (site) => {
      await site.run('image_edit', prompt)
      const error = await site.fail()
      assert.is(error.code, code)
      assert.is(error.details?.reference_spent, undefined)
      assert.ok(countAgain(error) > 0)
      await site.run('image_edit', prompt, { reference: String(error.details?.queue_id) })
      assert.is(site.emulator.created, 2)
    })
  })
}

test('a poll that hangs is given up by itself, and the next one has the picture', async () => {
  for (const step of ['hang', 'hang_body'] as const) {
    const options = { scenario: { polls: [step] }, timing: { pollLimitMs: 200 } }
    await withSite(options, async (site) => {
      await site.run('image_edit', prompt)
      assert.ok(polls(site) >= 2)
    })
  }
})

test('a key that is refused while polling ends it at once, and the photo may still be fetched', async () => {
  await withSite({ scenario: { polls: ['http_401'] } }, async (site) => {
    const error = await site.fail()
    assert.equal(describe(error), {
      code: 'auth_config',
      http_status: 401,
      vendor_error: 'HTTP 401',
      queue_id: '88001',
    })
    assert.is(countAgain(error), 0)
    assert.is(polls(site), 1)
  })
})

test('a photo in the queue is asked for again, also where that is called a failure', async () => {
  for (const step of ['reconnect', 'reconnect_false'] as const) {
    await withSite({ scenario: { polls: Array<Step>(8).fill(step) } }, async (site) => {
      await site.run('image_edit', prompt)
      assert.is(polls(site), 9)
    })
  }
})

test('success without a link is asked for once more', async () => {
  await withSite({ scenario: ['late_link', 'no_link'] }, async (site) => {
    await site.run('image_edit', prompt)
    assert.is(polls(site), 2)
    const error = await site.fail()
    assert.equal([error.code, countAgain(error)], ['bad_response', 0])
    assert.is(error.details?.reference_spent, undefined)
    assert.is(polls(site), 4)
  })
})

test('an id that the vendor does not know is spent', async () => {
  await withSite({}, async ({ fail, emulator }) => {
    const error = await fail({ reference: '12345' })
    assert.equal([error.code, error.details?.reference_spent], ['bad_input', true])
    assert.is(emulator.created, 0)
  })
})

test.run()
