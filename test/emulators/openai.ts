// A local double of POST /v1/images/edits: OpenAI's rules and failures, or those of a self-hosted server.
// What it cannot do, it refuses; what it plays can be chosen by a method or over HTTP.
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { type FailureName, type Personality, refusalReply, type Reply, toReply } from './openai-failures.ts'
import { type Input, readInput } from './openai-input.ts'
import { makePicture } from './openai-picture.ts'
import { defaultModel, findRefusal, findSelfHostedRefusal, models } from './openai-rules.ts'
import { createScript, isGenerating, type Scenario, type Step } from './openai-scenario.ts'
import { playSuccess } from './openai-successes.ts'

export interface RecordedRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  fields: Record<string, string>
  /** Without their bytes, as a soak test makes many. */
  images: { part: string; fileName: string; mime: string; sizeBytes: number; widthPx: number; heightPx: number }[]
  partNames: string[]
  /** What was played; undefined where the request was refused before. */
  step: Step | undefined
  status: number | undefined
  /** The client went away before it had the whole answer. */
  isClosedEarly: boolean
}

export interface OpenaiEmulatorOptions {
  /** A free one by default. */
  port?: number
  personality?: Personality
  apiKey?: string
  scenario?: Scenario
  maxImageBytes?: number
  /** Older records are forgotten. */
  maxRecords?: number
}

export type OpenaiEmulator = Awaited<ReturnType<typeof startOpenaiEmulator>>

/** The caller closes it. */
export async function startOpenaiEmulator({
  port = 0,
  personality = 'openai',
  apiKey = 'sk-test',
  scenario = 'ok',
  maxImageBytes = 50 * 1024 * 1024,
  maxRecords = 1_000,
}: OpenaiEmulatorOptions = {}) {
  const script = createScript(scenario)
  const requests: RecordedRequest[] = []
  const pictures = new Map<string, { bytes: Buffer; format: string }>()
  let charged = 0
  let turn = Promise.resolve()

  /** Self-hosted servers have one model in memory and make one picture after the other, without a word. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (personality === 'openai') return work()
    const result = turn.then(work)
    turn = result.then(
      () => undefined,
      () => undefined,
    )
    return result
  }

  async function edit(request: IncomingMessage, response: ServerResponse, record: RecordedRequest) {
    const requestId = `req_${randomUUID().replaceAll('-', '')}`
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const send = (reply: Reply) => {
      record.status = reply.status
      if (!response.destroyed) response.writeHead(reply.status, commonHeaders(requestId, reply)).end(reply.body)
    }
    const refuse = (status: number, code: string | null, message: string) =>
      send(refusalReply({ status, code, message, type: 'invalid_request_error', param: null }, personality))

    const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    let input: Input
    try {
      input = await readInput(request)
    } catch (error) {
      return refuse(400, null, error instanceof Error ? error.message : String(error))
    }
    note(record, input)
    if (personality === 'openai' && key !== apiKey) {
      const words = key ? `Incorrect API key provided: ${key}.` : "You didn't provide an API key."
      return refuse(401, 'invalid_api_key', words)
    }
    const refusal =
      personality === 'openai'
        ? findRefusal(input, maxImageBytes)
        : findSelfHostedRefusal(input, personality === 'selfhosted-detail')
    if (refusal) return send(refusalReply(refusal, personality))

    const step = script.next()
    record.step = step
    await inTurn(async () => {
      if (isGenerating(step.name)) charged += 1
      await delay(step.ms ?? 0, undefined, { signal: gone.signal }).catch(() => undefined) // The client went away.
      if (gone.signal.aborted) return
      if (isGenerating(step.name)) {
        const picture = await makePicture(input)
        await playSuccess({ step, picture, input, response, send, gone: gone.signal, publish })
        return
      }
      const { model = defaultModel, prompt = '' } = input.fields
      const { retryAfterMs = 1_000, code: billingCode = 'insufficient_quota' } = step
      const context = { requestId, key: key ?? '', model, prompt, retryAfterMs, billingCode }
      send(toReply(step.name as FailureName, personality, context))
    })
  }

  /** @returns the address at which the picture can be fetched */
  function publish(bytes: Buffer, format: string): string {
    const id = randomUUID()
    pictures.set(id, { bytes, format })
    return `http://127.0.0.1:${address.port}/files/${id}`
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://emulator')
    const route = `${request.method} ${pathname}`
    if (route === 'POST /__emulator/scenario') {
      script.set((await json(request)) as Scenario)
      response.writeHead(204).end()
      return
    }
    if (route === 'GET /__emulator/requests') {
      sendJson(response, 200, { charged, requests })
      return
    }
    const record = createRecord(request, pathname)
    requests.push(record)
    if (requests.length > maxRecords) requests.shift()
    response.on('close', () => {
      record.isClosedEarly = !response.writableFinished
    })
    if (route === 'POST /v1/images/edits') return edit(request, response, record)
    if (route === 'GET /v1/models') {
      const data = models.map((id) => ({ id, object: 'model', created: 1_767_225_600, owned_by: 'openai' }))
      sendJson(response, 200, { object: 'list', data })
      return
    }
    const picture = pictures.get(pathname.slice('/files/'.length))
    if (picture) {
      response.writeHead(200, { 'content-type': `image/${picture.format}` }).end(picture.bytes)
      return
    }
    const target = searchParams.get('to')
    if (pathname === '/redirect' && target) {
      response.writeHead(302, { location: target }).end()
      return
    }
    sendJson(response, 404, { error: { message: `Invalid URL (${route})`, type: 'invalid_request_error', param: null, code: null } })
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) return void response.destroy()
      sendJson(response, 400, { error: { message: String(error) } })
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address() as AddressInfo

  return {
    /** With /v1, as the official client wants it. */
    url: `http://127.0.0.1:${address.port}/v1`,
    requests: requests as readonly RecordedRequest[],
    setScenario: script.set,
    /** Generations that a real vendor would have put on the bill. */
    charged: () => charged,
    async close(): Promise<void> {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
