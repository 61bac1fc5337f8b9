// Every row of what can go wrong at OpenAI and at self-hosted servers, played by the emulator.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AppError, ErrorCode, RetryHint } from '../../../src/errors.ts'
import type { Personality } from '../../emulators/openai-failures.ts'
import type { Step, StepName } from '../../emulators/openai-scenario.ts'
import { apiKey, prompt, withProvider } from './open-provider.ts'

const test = suite('providers/openai/failures')

type Row = readonly [step: StepName | Step, code: ErrorCode, retry: RetryHint | undefined, message: RegExp]

const times = (atMost: number, afterMs: number): RetryHint => ({ atMost, afterMs })

const atOpenai: readonly Row[] = [
  ['moderation_blocked', 'content_blocked', undefined, /safety system/],
  ['content_policy_violation', 'content_blocked', undefined, /safety system/],
  ['moderated_data', 'content_blocked', undefined, /safety system/],
  ['invalid_image_file', 'bad_input', times(1, 1_000), /photo or a template \(400\): Invalid image file/],
  ['invalid_value', 'bad_input', undefined, /the setting "size" \(400\): .*longest edge/],
  ['invalid_quality', 'bad_input', undefined, /the setting "vendor_quality"/],
  ['invalid_api_key', 'auth_config', undefined, /check the key/],
  ['country_forbidden', 'auth_config', undefined, /\(403\): Country, region, or territory not supported/],
  ['key_disabled', 'auth_config', undefined, /\(403\): The key \*\*\* has been disabled/],
  ['redirect', 'auth_config', undefined, /check base URL and model \(307\)/],
  ['organization_unverified', 'auth_config', undefined, /\(403\): Your organization must be verified/],
  ['forbidden_html', 'auth_config', undefined, /\(403\): Attention Required/],
  ['model_not_found', 'auth_config', undefined, /"gpt-image-2.5-flare" .*retired \(404\): choose another/],
  [{ name: 'rate_limit', retryAfterMs: 1_500 }, 'rate_limited', times(3, 1_500), /slow down/],
  [{ name: 'rate_limit_seconds', retryAfterMs: 7_000 }, 'rate_limited', times(3, 7_000), /slow down/],
  [{ name: 'rate_limit_text', retryAfterMs: 232 }, 'rate_limited', times(3, 232), /\(429\): Rate limit/],
  [{ name: 'rate_limit_text', retryAfterMs: 12_000 }, 'rate_limited', times(3, 12_000), /slow down/],
  ['slow_down', 'rate_limited', times(3, 3_000), /slow down/],
  ['billing', 'quota_exhausted', undefined, /credit .* used up/],
  [{ name: 'billing', code: 'credit_balance_exhausted' }, 'quota_exhausted', undefined, /used up/],
  [{ name: 'billing', code: 'project_spend_limit_exceeded' }, 'quota_exhausted', undefined, /used up/],
  [{ name: 'billing', code: 'organization_spend_limit_exceeded' }, 'quota_exhausted', undefined, /used up/],
  [{ name: 'billing', code: 'organization_usage_limit_exceeded' }, 'quota_exhausted', undefined, /used up/],
  [{ name: 'billing', code: 'billing_hard_limit_reached' }, 'quota_exhausted', undefined, /used up/],
  ['request_timeout', 'provider_unavailable', times(2, 1_000), /trouble \(408\)/],
  ['conflict', 'provider_unavailable', times(2, 1_000), /trouble \(409\)/],
  ['server_error', 'provider_unavailable', times(2, 1_000), /trouble \(500\): The server had an error/],
  ['final_error', 'provider_unavailable', times(0, 0), /trouble \(500\)/],
  ['bad_gateway_html', 'provider_unavailable', times(2, 1_000), /trouble \(502\): 502 Bad Gateway$/],
  ['overloaded', 'provider_unavailable', times(2, 1_000), /trouble \(503\)/],
  [{ name: 'overloaded', retryAfterMs: 4_000 }, 'provider_unavailable', times(2, 4_000), /trouble \(503\)/],
  ['gateway_timeout', 'provider_unavailable', times(2, 1_000), /trouble \(504\)/],
  ['edge_html', 'provider_unavailable', times(2, 1_000), /trouble \(520\)/],
  ['html_ok', 'provider_unavailable', times(2, 1_000), /trouble \(200\): Welcome to nginx/],
  ['garbage', 'bad_response', times(1, 1_000), /without a picture \(200\): It works/],
  ['truncated', 'bad_response', times(1, 1_000), /without a picture \(200\)/],
  ['error_in_ok', 'bad_response', times(1, 1_000), /without a picture \(200\): upstream failed/],
  ['empty_data', 'no_image', times(1, 1_000), /without a picture/],
  ['no_fields', 'no_image', times(1, 1_000), /without a picture/],
  ['broken_base64', 'bad_response', times(1, 1_000), /no picture/],
  ['not_a_picture', 'bad_response', times(1, 1_000), /no picture/],
]

const atSelfHosted: readonly Row[] = [
  ['error_string', 'bad_input', undefined, /refuses the request \(400\): invalid size: must be WxH/],
  [
    'error_string_500',
    'provider_unavailable',
    times(2, 1_000),
    /\(500\): generate_image returned no results/,
  ],
  ['detail_string', 'bad_input', undefined, /\(400\): Invalid size format/],
  [
    'detail_array',
    'bad_input',
    undefined,
    /the setting "num_inference_steps" \(422\): num_inference_steps: Input should/,
  ],
  ['out_of_memory', 'provider_unavailable', times(1, 2_000), /\(500\): CUDA out of memory/],
  ['loading', 'provider_unavailable', times(1, 2_000), /\(503\): Model is loading/],
  ['no_route', 'auth_config', undefined, /offers no \/images\/edits .*\(404\): Not Found/],
  ['too_large_html', 'bad_input', undefined, /refuses the request \(413\)/],
  ['raw_text', 'provider_unavailable', times(2, 1_000), /\(500\): Internal Server Error/],
  ['moderation_blocked', 'content_blocked', undefined, /safety system/],
  ['slow_down', 'rate_limited', times(3, 3_000), /slow down/],
]

const tables: readonly [Personality, readonly Row[]][] = [
  ['openai', atOpenai],
  ['selfhosted', atSelfHosted],
]

for (const [personality, rows] of tables) {
  test(`each failure at ${personality} has its code, its words and its retries`, async () => {
    const isKeyless = personality !== 'openai'
    await withProvider({ personality, isKeyless }, async ({ emulator, failureOf }) => {
      let calls = 0
      for (const [step, code, retry, message] of rows) {
        emulator.setScenario([step])
        const error = await failureOf()
        const name = JSON.stringify(step)
        assert.is(error.code, code, name)
        assert.equal(error.retryHint, retry, name)
        assert.match(error.message, message)
        assertDiscreet(error)
        calls += 1
        assert.is(emulator.requests.length, calls, name)
        assert.equal(emulator.requests.at(-1)?.step?.name, typeof step === 'string' ? step : step.name)
      }
    })
  })
}

function assertDiscreet(error: AppError): void {
  const shown = JSON.stringify([error.message, error.details, error.stack, String(error.cause)])
  for (const secret of [apiKey, prompt]) assert.not(shown.includes(secret), shown)
}

test('a refused photo keeps the reasons and the request id for the operator', async () => {
  await withProvider({ scenario: 'moderation_blocked' }, async ({ failureOf }) => {
    const { details, retry } = await failureOf()
    assert.is(retry, 'no')
    const { request_id: requestId, ...rest } = details ?? {}
    assert.match(String(requestId), /^req_[0-9a-f]{32}$/)
    assert.equal(rest, {
      http_status: 400,
      vendor_code: 'moderation_blocked',
      safety_violations: ['sexual'],
    })
  })
})

test('an empty answer keeps status and request id', async () => {
  await withProvider({ scenario: 'empty_data' }, async ({ failureOf }) => {
    const { details } = await failureOf()
    assert.is(details?.http_status, 200)
    assert.match(String(details?.request_id), /^req_/)
  })
})

test('what the vendor itself checks is reported in the words of the settings', async () => {
  await withProvider({}, async ({ failureOf }) => {
    const error = await failureOf({ model: 'gpt-image-9', size: '1024x1024' })
    assert.is(error.code, 'auth_config')
    assert.match(error.message, 'The model "gpt-image-9" does not exist')
    const unknown = await failureOf({ extra_fields: { seed: 1 } })
    assert.is(unknown.code, 'bad_input')
    assert.match(unknown.message, 'the setting "seed" (400): Unknown parameter')
  })
})

test('a wrong key is an error of the configuration that does not repeat the key', async () => {
  await withProvider({ apiKey: 'sk-the-right-one' }, async ({ failureOf }) => {
    const error = await failureOf()
    assert.is(error.code, 'auth_config')
    assert.equal(error.details?.vendor_code, 'invalid_api_key')
    assertDiscreet(error)
  })
})

test.run()
