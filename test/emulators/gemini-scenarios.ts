// Everything that the emulated Gemini can be told to answer, by name. What is charged for is counted by the server.
import { GoogleFailure, keyInvalid, keySuspended, modelMissing, tooMany } from './gemini-failure.ts'
import { generation, image, type Part, prohibitedMessage, shownNothing } from './gemini-generation.ts'
import type { Order } from './gemini-request.ts'

export interface Scenario {
  name: string
  /** Waits before it answers. */
  delayMs?: number
  /** Of `finish`. */
  finishReason?: string
  finishMessage?: string
  /** Of `prompt-blocked`. */
  blockReason?: string
  /** Of the 429s, as a duration like 22s. */
  retryDelay?: string
  /** Of `text-only`. */
  text?: string
  /** Of `huge`. */
  megabytes?: number
  /** Wraps an error into an array. */
  asArray?: boolean
  /** Of `mix`. */
  seed?: number
  weights?: Readonly<Record<string, number>>
  timeScale?: number
}

export interface Call {
  order: Order
  key: string
  scenario: Scenario
}

export type Reply =
  | { kind: 'answer'; status: number; body: unknown; isCharged: boolean }
  /** Not JSON. */
  | { kind: 'raw'; status: number; contentType: string; body: string; isCharged: boolean }
  /** Never; what was begun is charged. */
  | { kind: 'hang' }
  /** The connection breaks before the answer, or in the middle of it. */
  | { kind: 'reset' }
  | { kind: 'cut'; body: string }
  | { kind: 'flood'; megabytes: number }

type Answer = (call: Call) => Reply | Promise<Reply>

const charged = (body: unknown): Reply => ({ kind: 'answer', status: 200, body, isCharged: true })
const free = (body: unknown): Reply => ({ kind: 'answer', status: 200, body, isCharged: false })

const painting =
  (toParts: (call: Call) => Part[] | Promise<Part[]>): Answer =>
  async (call) =>
    charged(await generation(call.order, { parts: await toParts(call), isPainted: true }))

const withoutPicture =
  (content: object | undefined, rest: { finishReason?: string; finishMessage?: string } = {}): Answer =>
  async ({ order }) =>
    free(await generation(order, { content, ...rest }))

const failing = (toFailure: (call: Call) => GoogleFailure): Answer =>
  function fail(call) {
    const { status, body } = toFailure(call)
    return { kind: 'answer', status, body: call.scenario.asArray ? [body] : body, isCharged: false }
  }

const failure = (code: number, status: string, message: string): Answer =>
  failing(() => new GoogleFailure(code, status, message))

const finish = (finishReason: string, finishMessage?: string): Answer =>
  withoutPicture({}, { finishReason, ...(finishMessage && { finishMessage }) })

const html = (title: string) =>
  `<!DOCTYPE html>\n<html lang=en>\n<title>${title}</title>\n<p><b>502.</b> <ins>That’s an error.</ins>\n</html>`

/** Many a decoder would take it for a picture. */
const drawing =
  '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64"/></svg>'

const perMinute = 'GenerateRequestsPerMinutePerProjectPerModel-PaidTier'
const perDay = 'GenerateRequestsPerDayPerProjectPerModel-PaidTier'

const scenarios: Readonly<Record<string, Answer>> = {
  ok: painting(async ({ order }) => [
    ...(order.wantsText ? [{ text: 'Here is your picture.' }] : []),
    ...(order.wantsImage ? [await image(order)] : []),
  ]),
  slow: painting(async ({ order }) => [await image(order)]),
  'with-text': painting(async ({ order }) => [{ text: 'Here is your picture.' }, await image(order)]),
  thoughts: painting(async ({ order }) => [
    { text: 'The light should come from the left.', thought: true },
    await image(order),
    { ...(await image(order, { isDraft: true })), thought: true },
  ]),
  'two-images': painting(async ({ order }) => [await image(order, { isDraft: true }), await image(order)]),
  'wrong-mime': painting(async ({ order }) => {
    const { inlineData } = await image(order)
    const mimeType = inlineData.mimeType === 'image/png' ? 'image/jpeg' : 'image/png'
    return [{ inlineData: { ...inlineData, mimeType } }]
  }),
  'broken-base64': painting(async ({ order }) => {
    const { inlineData } = await image(order)
    return [{ inlineData: { ...inlineData, data: `%%${inlineData.data.slice(100)}` } }]
  }),
  'truncated-picture': painting(async ({ order }) => {
    const { inlineData } = await image(order)
    return [{ inlineData: { ...inlineData, data: inlineData.data.slice(0, inlineData.data.length / 2) } }]
  }),
  'not-a-picture': painting(() => [
    { inlineData: { mimeType: 'image/png', data: Buffer.from(drawing).toString('base64') } },
  ]),
  'snake-case': async ({ order }) => {
    const { inlineData } = await image(order)
    const inline = { mime_type: inlineData.mimeType, data: inlineData.data }
    return charged({
      candidates: [{ content: { role: 'model', parts: [{ inline_data: inline }] }, finish_reason: 'STOP' }],
      response_id: 'snake',
    })
  },

  hang: () => ({ kind: 'hang' }),
  reset: () => ({ kind: 'reset' }),
  'reset-mid-body': async ({ order }) => {
    const body = await generation(order, { parts: [await image(order)], isPainted: true })
    return { kind: 'cut', body: JSON.stringify(body) }
  },
  huge: ({ scenario }) => ({ kind: 'flood', megabytes: scenario.megabytes ?? 70 }),
  'truncated-json': async ({ order }) => {
    const body = JSON.stringify(await generation(order, { parts: [await image(order)], isPainted: true }))
    const contentType = 'application/json; charset=UTF-8'
    return { kind: 'raw', status: 200, contentType, body: body.slice(0, body.length / 2), isCharged: true }
  },
  'html-502': () => ({
    kind: 'raw',
    status: 502,
    contentType: 'text/html; charset=UTF-8',
    body: html('Error 502 (Server Error)!!1'),
    isCharged: false,
  }),
  'html-200': () => ({
    kind: 'raw',
    status: 200,
    contentType: 'text/html',
    body: html('Welcome to the hotel'),
    isCharged: false,
  }),

  '429-minute': failing(({ scenario: { retryDelay = '22s' } }) =>
    tooMany({ quotaId: perMinute, quotaValue: '500', retryDelay }),
  ),
  '429-day': failing(({ scenario: { retryDelay = '24s' } }) =>
    tooMany({ quotaId: perDay, quotaValue: '2000', retryDelay }),
  ),
  '429-zero': failing(({ scenario: { retryDelay = '42s' } }) =>
    tooMany({ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier', quotaValue: '0', retryDelay }),
  ),
  '429-spend': failing(({ scenario: { retryDelay } }) =>
    tooMany({
      quotaId: 'SpendPerTenMinutesPerProject',
      quotaValue: '10',
      retryDelay,
      message: 'Your project has exceeded its spend rate limit.',
    }),
  ),
  '429-bare': failure(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'),
  '499': failure(499, 'CANCELLED', 'The operation was cancelled.'),
  '500': failure(
    500,
    'INTERNAL',
    'An internal error has occurred. Please retry or report in https://ai.google.dev',
  ),
  '503': failure(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'),
  '504': failure(504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.'),
  'key-invalid': failing(() => keyInvalid()),
  'key-expired': failing(() => keyInvalid('API key expired. Please renew the API key.')),
  'key-suspended': failing(({ key }) => keySuspended(key)),
  'key-leaked': failure(
    403,
    'PERMISSION_DENIED',
    'Your API key was reported as leaked. Please use another API key.',
  ),
  'api-disabled': failure(
    403,
    'PERMISSION_DENIED',
    'Generative Language API has not been used in project 12345 before or it is disabled.',
  ),
  region: failure(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.'),
  'region-free-tier': failure(
    400,
    'FAILED_PRECONDITION',
    'Gemini API free tier is not available in your country. Please enable billing on your project in Google AI Studio.',
  ),
  retired: failing(({ order }) => modelMissing(order.modelName, 'v1beta')),
  'invalid-argument': failure(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.'),
  'unreadable-input': failure(400, 'INVALID_ARGUMENT', 'Unable to process input image. Please retry.'),

  'no-image': withoutPicture(undefined, { finishReason: 'NO_IMAGE' }),
  'image-other': finish('IMAGE_OTHER', shownNothing),
  'image-prohibited': withoutPicture(
    { role: 'model' },
    { finishReason: 'IMAGE_PROHIBITED_CONTENT', finishMessage: prohibitedMessage },
  ),
  'image-safety': withoutPicture(
    { parts: null },
    { finishReason: 'IMAGE_SAFETY', finishMessage: 'Unable to show the generated image.' },
  ),
  finish: (call) => finish(call.scenario.finishReason ?? 'OTHER', call.scenario.finishMessage)(call),
  'prompt-blocked': async ({ order, scenario: { blockReason = 'PROHIBITED_CONTENT' } }) =>
    free(await generation(order, { blockReason })),
  'text-only': async (call) =>
    withoutPicture({ role: 'model', parts: [{ text: call.scenario.text ?? 'A portrait in blue.' }] })(call),
  'parts-empty': withoutPicture({ role: 'model', parts: [] }),
  'parts-null': withoutPicture({ role: 'model', parts: null }),
  'content-empty': withoutPicture({}),
  'content-absent': withoutPicture(undefined),
  'nothing-known': () => free({ candidates: null, usageMetadata: null }),
  mix: () => {
    throw new Error('The playbook has to choose another scenario.')
  },
}

export const findAnswer = (name: string): Answer | undefined =>
  Object.hasOwn(scenarios, name) ? scenarios[name] : undefined
