// Every row of what may go wrong with Gemini: its code, what the operator reads, and how often to ask again.
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError, type ErrorCode, toErrorBody } from '../../../src/errors.ts'
import { createGeminiProvider } from '../../../src/providers/gemini/gemini.ts'
import type { ScenarioArgs } from '../../emulators/gemini-playbook.ts'
import { makeFolder } from '../../support/folder.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { taskIn } from '../../support/task.ts'
import { secretKey, secretPrompt, withRig } from './rig.ts'

const test = suite('providers/gemini/failures')

interface Row {
  scenario: string
  args?: ScenarioArgs
  code: ErrorCode
  atMost: number
  afterMs?: number
  message?: RegExp
  details?: Record<string, unknown>
}

const finish = (finishReason: string, code: ErrorCode, atMost: number): Row => ({
  scenario: 'finish',
  args: { finishReason },
  code,
  atMost,
  message: new RegExp(`\\b${finishReason}\\b`),
  details: { http_status: 200, finish_reason: finishReason },
})

const rows: Row[] = [
  { scenario: 'reset', code: 'provider_unavailable', atMost: 2, afterMs: 500 },
  { scenario: 'reset-mid-body', code: 'provider_unavailable', atMost: 1, details: { http_status: 200 } },
  { scenario: '500', code: 'provider_unavailable', atMost: 3, afterMs: 1000, message: /HTTP 500/ },
  { scenario: 'html-502', code: 'provider_unavailable', atMost: 3, afterMs: 1000, message: /HTTP 502/ },
  { scenario: '503', code: 'provider_unavailable', atMost: 3, afterMs: 1000, details: { http_status: 503 } },
  { scenario: '499', code: 'provider_unavailable', atMost: 3 },
  { scenario: '504', code: 'provider_timeout', atMost: 1 },

  { scenario: '429-day', code: 'quota_exhausted', atMost: 0, message: /Today's quota/ },
  { scenario: '429-zero', code: 'quota_exhausted', atMost: 0, message: /no quota for this model/ },
  { scenario: '429-spend', code: 'quota_exhausted', atMost: 0, message: /spending limit/ },
  { scenario: '429-spend', args: { retryDelay: '9s' }, code: 'quota_exhausted', atMost: 0 },

  {
    scenario: 'key-invalid',
    code: 'auth_config',
    atMost: 0,
    message: /does not accept the API key: there is no such/,
  },
  { scenario: 'key-invalid', args: { asArray: true }, code: 'auth_config', atMost: 0 },
  { scenario: 'key-expired', code: 'auth_config', atMost: 0, message: /API key: it has expired/ },
  { scenario: 'key-suspended', code: 'auth_config', atMost: 0, message: /API key: Google has suspended/ },
  { scenario: 'key-leaked', code: 'auth_config', atMost: 0, message: /API key: it was reported as leaked/ },
  { scenario: 'api-disabled', code: 'auth_config', atMost: 0, message: /switched off in its project/ },
  {
    scenario: 'region',
    code: 'auth_config',
    atMost: 0,
    message: /not available in the country of this server/,
  },
  { scenario: 'region-free-tier', code: 'auth_config', atMost: 0, message: /in the country of this server/ },
  {
    scenario: 'retired',
    code: 'auth_config',
    atMost: 0,
    message:
      /^Gemini has retired the model gemini-nano-banana-2\.1; choose another in the slot's settings\.$/,
    details: { http_status: 404 },
  },

  { scenario: 'invalid-argument', code: 'bad_input', atMost: 0, message: /HTTP 400/ },
  { scenario: 'unreadable-input', code: 'bad_input', atMost: 1, message: /cannot read the photo/ },

  { scenario: 'no-image', code: 'no_image', atMost: 4, afterMs: 1000, message: /NO_IMAGE/ },
  { scenario: 'image-other', code: 'no_image', atMost: 1, message: /IMAGE_OTHER/ },
  finish('OTHER', 'no_image', 1),
  finish('MALFORMED_RESPONSE', 'no_image', 1),
  finish('MAX_TOKENS', 'no_image', 1),
  finish('A_REASON_OF_NEXT_YEAR', 'no_image', 1),
  finish('RECITATION', 'content_blocked', 1),
  finish('IMAGE_RECITATION', 'content_blocked', 1),
  finish('SAFETY', 'content_blocked', 0),
  finish('PROHIBITED_CONTENT', 'content_blocked', 0),
  finish('BLOCKLIST', 'content_blocked', 0),
  finish('SPII', 'content_blocked', 0),
  finish('LANGUAGE', 'content_blocked', 0),
  { scenario: 'image-safety', code: 'content_blocked', atMost: 0, message: /IMAGE_SAFETY/ },
  { scenario: 'image-prohibited', code: 'content_blocked', atMost: 0, message: /IMAGE_PROHIBITED_CONTENT/ },
  {
    scenario: 'prompt-blocked',
    code: 'content_blocked',
    atMost: 0,
    message: /the prompt: PROHIBITED_CONTENT/,
  },
  { scenario: 'prompt-blocked', args: { blockReason: 'OTHER' }, code: 'content_blocked', atMost: 0 },
  { scenario: 'text-only', code: 'no_image', atMost: 2, message: /STOP/ },
  { scenario: 'text-only', args: { text: 'I can’t swap faces.' }, code: 'content_blocked', atMost: 1 },
  { scenario: 'text-only', args: { text: 'Я не могу это сделать.' }, code: 'content_blocked', atMost: 1 },
  { scenario: 'parts-empty', code: 'no_image', atMost: 2 },
  { scenario: 'parts-null', code: 'no_image', atMost: 2 },
  { scenario: 'content-empty', code: 'no_image', atMost: 2 },
  { scenario: 'content-absent', code: 'no_image', atMost: 2 },
  { scenario: 'nothing-known', code: 'no_image', atMost: 2 },

  { scenario: 'broken-base64', code: 'bad_response', atMost: 1 },
  { scenario: 'truncated-picture', code: 'bad_response', atMost: 1 },
  { scenario: 'not-a-picture', code: 'bad_response', atMost: 1, message: /no picture/ },
  { scenario: 'truncated-json', code: 'bad_response', atMost: 1 },
  { scenario: 'html-200', code: 'bad_response', atMost: 1 },
  { scenario: 'huge', code: 'bad_response', atMost: 1, message: /too large/ },
]

async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const error = await rejectionOf(work)
  assert.instance(error, AppError, inspect(error))
  return error as AppError
}

test('each failure has its code, its words and its hint, and never the key or the prompt', async () => {
  await withRig(async ({ run, emulator }) => {
    for (const { scenario, args, code, atMost, afterMs, message, details } of rows) {
      const what = `${scenario} ${JSON.stringify(args ?? {})}`
      emulator.setScenario(scenario, args)
      const error = await failureOf(run())
      assert.is(error.code, code, what)
      assert.is(error.retryHint?.atMost, atMost, what)
      if (afterMs !== undefined) assert.is(error.retryHint?.afterMs, afterMs, what)
      if (message) assert.match(error.message, message)
      for (const [key, value] of Object.entries(details ?? {})) assert.is(error.details?.[key], value, what)
      const everything = `${inspect(error, { depth: 20, showHidden: true })}${JSON.stringify(toErrorBody(error))}`
      assert.not.ok(everything.includes(secretKey), what)
      assert.not.ok(everything.includes(secretPrompt), what)
    }
  })
})

test('what Google says of a suspended key is kept for the log, without the key that it names', async () => {
  await withRig(async ({ run, emulator }) => {
    emulator.setScenario('key-suspended')
    const { cause } = await failureOf(run())
    assert.is((cause as Error).message, "Permission denied: Consumer 'api_key:[key]' has been suspended.")
  })
})

test('a refusal names the answer that Google can look up', async () => {
  await withRig(async ({ run, emulator }) => {
    emulator.setScenario('image-other')
    const { details, cause } = await failureOf(run())
    assert.match(String(details?.response_id), /^[\w-]{20,}$/)
    assert.match((cause as Error).message, /Try rephrasing the prompt/)
  })
})

test('a limit for each minute is waited for as long as Google says, and a little more', async () => {
  await withRig(async ({ run, emulator }) => {
    for (const [args, ms] of [
      [{ retryDelay: '3.299376739s' }, 3_300],
      [{ retryDelay: '22s', asArray: true }, 22_000],
    ] as const) {
      emulator.setScenario('429-minute', args)
      const { code, retryHint } = await failureOf(run())
      assert.is(code, 'rate_limited')
      const waitMs = retryHint?.afterMs ?? 0
      assert.ok(waitMs > ms && waitMs <= ms + 500, `${waitMs}`)
      assert.is(retryHint?.atMost, 4)
    }
    emulator.setScenario('429-bare')
    const { code, retryHint } = await failureOf(run())
    assert.is(code, 'rate_limited')
    assert.ok((retryHint?.afterMs ?? 0) >= 5_000)
  })
})

test('a wrong key of the operator is named in words', async () => {
  await withRig(async ({ run }) => {
    const error = await failureOf(run())
    assert.is(error.code, 'auth_config')
    assert.match(error.message, /^Gemini does not accept the API key/)
    assert.not.match(inspect(error, { depth: 20 }), /some-other-key/)
  }, 'some-other-key')
})

test('a server that is not there may be called again twice', async () => {
  const folder = await makeFolder()
  // A port that nothing listens on and that needs rights to listen on.
  const provider = createGeminiProvider({ apiKey: secretKey, baseUrl: 'http://127.0.0.1:1' })
  try {
    const { image_edit: edit } = provider.operations
    if (!edit) throw new Error('There is no operation image_edit.')
    const settings = edit.settings.parse({ prompt: 'x' })
    const { code, retryHint, message } = await failureOf(edit.run(taskIn(folder.path, { settings })))
    assert.is(code, 'provider_unavailable')
    assert.match(message, /ECONNREFUSED/)
    assert.equal(retryHint, { atMost: 2, afterMs: 500 })
  } finally {
    await provider.close?.()
    await folder.remove()
  }
})

test('an outage passes: the next call of the same provider makes a picture', async () => {
  await withRig(async ({ run, emulator }) => {
    emulator.queueScenarios(['no-image', 'reset', '503'])
    for (const code of ['no_image', 'provider_unavailable', 'provider_unavailable']) {
      assert.is((await failureOf(run())).code, code)
    }
    assert.is((await run()).mime, 'image/jpeg')
  })
})

test.run()
