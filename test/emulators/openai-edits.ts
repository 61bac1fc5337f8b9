// One call of /v1/images/edits in the emulator: key, rules, then the next step of the scenario.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { type Personality, type Refusal, type Reply, refusalReply, toReply } from './openai-failures.ts'
import { type Input, readInput } from './openai-input.ts'
import type { MadePicture } from './openai-picture.ts'
import { noteInput, type RecordedRequest } from './openai-record.ts'
import { defaultModel, findRefusal, findSelfHostedRefusal } from './openai-rules.ts'
import { createScript, isGenerating, type Scenario } from './openai-scenario.ts'
import { playSuccess } from './openai-successes.ts'

export interface EditOptions {
  /** selfhosted: no key, errors as {"error": "…"}; selfhosted-detail: errors as {"detail": …}, parts named `image`. */
  personality?: Personality
  apiKey?: string
  scenario?: Scenario
  maxImageBytes?: number
}

export function createEdits(
  {
    personality = 'openai',
    apiKey = 'sk-test',
    scenario = 'ok',
    maxImageBytes = 50 * 1024 * 1024,
  }: EditOptions,
  publish: (picture: MadePicture) => string,
) {
  const script = createScript(scenario)
  let charged = 0
  let lastTurn = Promise.resolve()

  /** Self-hosted servers have one model in memory and make one picture after the other, without a word. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    if (personality === 'openai') return work()
    const turn = lastTurn.then(work)
    lastTurn = turn.catch(() => undefined) // It fails in front of its own caller.
    return turn
  }

  function refusalOf(input: Input, key: string | undefined): Refusal | undefined {
    if (personality !== 'openai') return findSelfHostedRefusal(input, personality === 'selfhosted-detail')
    if (key === apiKey) return findRefusal(input, maxImageBytes)
    return wrongKey(key)
  }

  /** Of a request that needs the key alone. */
  function keyRefusal(request: IncomingMessage): Reply | undefined {
    const key = keyOf(request)
    if (personality !== 'openai' || key === apiKey) return undefined
    return refusalReply(wrongKey(key), personality)
  }

  async function answer(request: IncomingMessage, response: ServerResponse, record: RecordedRequest) {
    const requestId = `req_${randomUUID().replaceAll('-', '')}`
    const usualHeaders = personality === 'openai' ? openaiHeaders(requestId) : {}
    const departure = new AbortController()
    const gone = departure.signal
    response.on('close', () => departure.abort())
    const send = ({ status, headers, body }: Reply) => {
      record.status = status
      if (!response.destroyed) response.writeHead(status, { ...usualHeaders, ...headers }).end(body)
    }

    let input: Input
    try {
      input = await readInput(request)
    } catch (error) {
      return send(refusalReply(invalid(error instanceof Error ? error.message : String(error)), personality))
    }
    noteInput(record, input)
    const key = keyOf(request)
    const refusal = refusalOf(input, key)
    if (refusal) return send(refusalReply(refusal, personality))

    const step = script.next()
    record.step = step
    return inTurn(async () => {
      if (gone.aborted) return
      const { name, ms = 0, retryAfterMs = 1_000, code: billingCode = 'insufficient_quota' } = step
      if (isGenerating(name)) charged += 1
      await delay(ms, undefined, { signal: gone }).catch(() => undefined) // The client went away; seen below.
      if (gone.aborted) return
      if (isGenerating(name)) return playSuccess({ step, input, response, send, gone, publish })
      const { model = defaultModel, prompt = '' } = input.fields
      send(
        toReply(name, personality, { requestId, key: key ?? '', model, prompt, retryAfterMs, billingCode }),
      )
    })
  }

  return { answer, keyRefusal, setScenario: script.set, charged: () => charged }
}

const keyOf = ({ headers }: IncomingMessage): string | undefined =>
  /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]

function wrongKey(key: string | undefined): Refusal {
  const words = key ? `Incorrect API key provided: ${key}.` : "You didn't provide an API key."
  return { ...invalid(words), status: 401, code: 'invalid_api_key' }
}

const invalid = (message: string): Refusal => ({
  status: 400,
  code: null,
  message,
  type: 'invalid_request_error',
  param: null,
})

const openaiHeaders = (requestId: string): Record<string, string> => ({
  'x-request-id': requestId,
  'openai-version': '2020-10-01',
  'openai-processing-ms': '1',
  'x-ratelimit-limit-requests': '50',
  'x-ratelimit-remaining-requests': '49',
  'x-ratelimit-reset-requests': '1.2s',
})
