// Turbotext Photo AI on the loopback: as far as its documentation goes, with a switch for every failure.
// It fetches the pictures that it is told of itself and draws its results out of them.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { methods } from './turbotext/parameters.ts'
import { createEmulatedQueue } from './turbotext/queue.ts'
import { type Reply, sendReply, toComplaint, toJson, toPage } from './turbotext/replies.ts'
import type { Scenario } from './turbotext/stories.ts'

export interface RecordedRequest {
  method: string
  path: string
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: string
  form: Readonly<Record<string, string>>
}

export interface TurbotextEmulator {
  url: string
  /** Everything but the admin routes, oldest first. */
  requests: readonly RecordedRequest[]
  setScenario(scenario: Scenario): void
  /** Photos that were accepted, and so paid for. */
  readonly created: number
  close(): Promise<void>
}

interface EmulatorOptions {
  apiKey?: string
  port?: number
  /** How often a photo is asked for in vain, where its story does not say. */
  reconnects?: number
  /** Paid attempts that the tariff has. */
  attempts?: number
  scenario?: Scenario
}

export const emulatedKey = 'turbotext-test-key'

export async function startTurbotextEmulator({
  apiKey = emulatedKey,
  port = 0,
  reconnects = 2,
  attempts = 123,
  scenario,
}: EmulatorOptions = {}): Promise<TurbotextEmulator> {
  let url = ''
  const requests: RecordedRequest[] = []
  const queue = createEmulatedQueue({ attempts, reconnects, getBaseUrl: () => url })
  if (scenario !== undefined) queue.setScenario(scenario)

  async function answer(req: IncomingMessage): Promise<Reply> {
    const { pathname, searchParams } = new URL(req.url ?? '/', url)
    const body = await readBody(req)
    if (pathname.startsWith('/__emulator/')) return administer(pathname, body)
    const form = Object.fromEntries(new URLSearchParams(body))
    requests.push({ method: req.method ?? '', path: req.url ?? '', headers: req.headers, body, form })
    const isAllowed = req.headers.authorization === `Bearer ${apiKey}`

    const [, method = ''] = /^\/api_ai\/(\w+)$/.exec(pathname) ?? []
    if (req.method === 'POST' && methods[method]) {
      if (!isAllowed) return toJson({ success: false, message: 'Unauthorized' }, 401)
      const isForm = req.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
      if (isForm && form.do === 'create_queue') return await queue.create(method, form)
      if (isForm && form.do === 'get_result') return queue.getResult(method, form)
      return toComplaint('params_error')
    }
    const [, image] = /^\/image\/(.+)$/.exec(pathname) ?? []
    const name = pathname === '/download.php' ? searchParams.get('f') : image
    if (req.method === 'GET' && name) return await queue.download(name, isAllowed)
    return toPage('<h1>404</h1>', 404)
  }

  function administer(pathname: string, body: string): Reply {
    try {
      if (pathname === '/__emulator/scenario') queue.setScenario(JSON.parse(body) as Scenario)
      return toJson({ created: queue.createdCount(), requests: requests.length })
    } catch (error) {
      return toJson({ error: (error as Error).message }, 400)
    }
  }

  const server = createServer((req, res) => {
    answer(req).then(
      (reply) => sendReply(res, reply),
      (error: Error) => res.writeHead(500).end(error.stack),
    )
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    url,
    requests,
    setScenario: queue.setScenario,
    get created() {
      return queue.createdCount()
    },
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

async function readBody(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
