// Google's Gemini on this machine: the same routes, judgements and failures, and pictures that come from the input.
// Driven in the same process by methods, from another one by POST /__emulator/scenario.
import {
  fileMissing,
  GoogleFailure,
  invalidArgument,
  keyInvalid,
  keyMissing,
  modelMissing,
} from './gemini-failure.ts'
import { createFileStore } from './gemini-files.ts'
import { emulatedModels } from './gemini-models.ts'
import { createPlaybook } from './gemini-playbook.ts'
import { readOrder } from './gemini-request.ts'
import { type Call, findAnswer, type Reply, type Scenario } from './gemini-scenarios.ts'
import { type Exchange, startWire } from './gemini-server.ts'

export type GeminiEmulator = Awaited<ReturnType<typeof startGeminiEmulator>>

interface EmulatorOptions {
  port?: number
  /** The one key that is accepted; by default any. */
  apiKey?: string
  maxBodyBytes?: number
  /** By how much its `Date` header is ahead of this machine's clock. */
  clockAheadMs?: number
  /** How many requests are remembered with their bodies. */
  keptRequests?: number
}

export async function startGeminiEmulator(options: EmulatorOptions = {}) {
  const { port, apiKey, maxBodyBytes = 104_857_600, keptRequests = 100, clockAheadMs = 0 } = options
  const generating = createPlaybook()
  const uploading = createPlaybook()
  const files = createFileStore()
  const counts: Record<string, number> = {}
  let chargedCount = 0
  let abortedCount = 0

  const routes: [
    method: string,
    path: RegExp,
    answer: (exchange: Exchange, ...names: string[]) => unknown,
  ][] = [
    ['POST', /^\/(v1|v1beta)\/models\/([^/:]+):generateContent$/, generate],
    ['GET', /^\/(?:v1|v1beta)\/models$/, listModels],
    ['GET', /^\/(v1|v1beta)\/models\/([^/:]+)$/, getModel],
    ['POST', /^\/upload\/(v1|v1beta)\/files$/, upload],
    ['GET', /^\/(?:v1|v1beta)\/files\/([^/]+)$/, getFile],
    ['DELETE', /^\/(?:v1|v1beta)\/files\/([^/]+)$/, removeFile],
    ['POST', /^\/__emulator\/scenario$/, setByRequest],
    ['POST', /^\/__emulator\/reset$/, resetByRequest],
    ['GET', /^\/__emulator\/state$/, (exchange) => exchange.sendJson(200, readState())],
  ]

  async function handle(exchange: Exchange): Promise<void> {
    for (const [method, path, answer] of routes) {
      const match = path.exec(exchange.url.pathname)
      if (match && method === exchange.request.method) return void (await answer(exchange, ...match.slice(1)))
    }
    throw new GoogleFailure(404, 'NOT_FOUND', 'Requested entity was not found.')
  }

  /** In the header, or in the address. */
  function checkKey({ request, url }: Exchange): string {
    const key = String(request.headers['x-goog-api-key'] ?? url.searchParams.get('key') ?? '')
    if (key === '') throw keyMissing()
    if (apiKey !== undefined && key !== apiKey) throw keyInvalid()
    return key
  }

  async function generate(exchange: Exchange, version = '', modelName = ''): Promise<void> {
    const key = checkKey(exchange)
    const model = emulatedModels[modelName]
    if (!model) throw modelMissing(modelName, version)
    const order = await readOrder(exchange.request.body, { model, modelName, files })
    await play({ order, key, scenario: generating.next(modelName) }, exchange)
  }

  async function play(call: Call, exchange: Exchange): Promise<void> {
    const { name, delayMs } = call.scenario
    counts[name] = (counts[name] ?? 0) + 1
    exchange.gone.addEventListener('abort', () => {
      if (exchange.request.outcome === 'aborted') abortedCount += 1
    })
    const reply = await findAnswer(name)?.(call)
    if (!reply) throw new Error(`There is no scenario "${name}".`)
    if (isCharged(reply)) chargedCount += 1
    await exchange.send(reply, delayMs)
  }

  function listModels(exchange: Exchange): void {
    checkKey(exchange)
    exchange.sendJson(200, {
      models: Object.keys(emulatedModels).map((name) => ({ name: `models/${name}` })),
    })
  }

  function getModel({ sendJson }: Exchange, version = '', name = ''): void {
    if (!emulatedModels[name]) throw modelMissing(name, version)
    sendJson(200, { name: `models/${name}`, version: '001', supportedGenerationMethods: ['generateContent'] })
  }

  async function upload(exchange: Exchange): Promise<void> {
    const { request, url, origin, sendJson } = exchange
    const uploadId = url.searchParams.get('upload_id')
    if (uploadId) {
      const { headers, body } = files.receive(uploadId, request.headers, request.body, origin)
      return sendJson(200, body, headers)
    }
    const key = checkKey(exchange)
    const scenario = uploading.next('')
    if (scenario.name !== 'ok') {
      // Only failures that have nothing to do with a picture can be asked for here.
      return await play({ key, scenario } as Call, exchange)
    }
    const { headers, body } = files.start(request.headers, request.body, `${origin}${url.pathname}`)
    sendJson(200, body, headers)
  }

  function getFile(exchange: Exchange, id = ''): void {
    checkKey(exchange)
    exchange.sendJson(200, files.get(id, exchange.origin))
  }

  function removeFile(exchange: Exchange, id = ''): void {
    checkKey(exchange)
    if (!files.find(id)) throw fileMissing(id)
    files.remove(id)
    exchange.sendJson(200, {})
  }

  /** `{name, …}`, or `{queue: [{name, …}, …]}`; with `at: "upload"` for the Files API. */
  function setByRequest({ request, sendJson }: Exchange): void {
    const { queue, at, ...scenario } = request.json() as Partial<Scenario> & {
      queue?: Scenario[]
      at?: string
    }
    const playbook = at === 'upload' ? uploading : generating
    try {
      if (scenario.name !== undefined) playbook.setScenario(scenario.name, scenario)
      if (queue) playbook.queueScenarios(queue)
    } catch (error) {
      throw invalidArgument(String(error))
    }
    sendJson(200, readState())
  }

  function resetByRequest({ sendJson }: Exchange): void {
    reset()
    sendJson(200, readState())
  }

  function reset(): void {
    generating.setScenario('ok')
    uploading.setScenario('ok')
    files.clear()
    files.setProcessing(0)
    for (const name of Object.keys(counts)) delete counts[name]
    chargedCount = 0
    abortedCount = 0
    wire.requests.length = 0
  }

  const readState = () => ({
    charged: chargedCount,
    aborted: abortedCount,
    files: files.names(),
    /** Calls by scenario. */
    counts: { ...counts },
    openSockets: wire.openSockets(),
  })

  const wire = await startWire({ maxBodyBytes, keptRequests, clockAheadMs, handle, ...(port && { port }) })
  return {
    url: wire.url,
    /** The newest last, without those to the emulator itself. */
    requests: wire.requests,
    /** For every later call; forgets the queue. */
    setScenario: generating.setScenario,
    queueScenarios: generating.queueScenarios,
    /** The same for the beginning of uploads. */
    setUploadScenario: uploading.setScenario,
    /** New files say PROCESSING that many times. */
    setFileProcessing: files.setProcessing,
    readState,
    reset,
    close: wire.close,
  }
}

/** What breaks off has been painted all the same. */
const isCharged = (reply: Reply): boolean => !('isCharged' in reply) || reply.isCharged
