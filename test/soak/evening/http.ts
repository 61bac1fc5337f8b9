// The crowd's HTTP: keep-alive connections as browsers and booths hold them, answers counted and hashed while they pass.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'

export interface Reply {
  status: number
  headers: IncomingHttpHeaders
  bytes: number
  sha256: string
  /** Empty for pictures and archives. */
  text: string
  /** From the first byte sent to the last byte received. */
  ms: number
}

export interface Question {
  method?: string
  path: string
  headers?: Record<string, string>
  /** JSON. */
  body?: unknown
  /** Parts of a form, sent when the server says `100 Continue`. */
  parts?: readonly Buffer[]
  signal?: AbortSignal
}

/** As long as the longest window and a bit; nothing may take longer. */
const patienceMs = 90_000
// Below the server's own 20 s, so that no request meets a connection that is just being closed.
const idleMs = 10_000

export function createHttp(baseUrl: string) {
  const agent = new Agent({ keepAlive: true, timeout: idleMs, maxSockets: 64 })

  /** @throws Error when no whole answer comes */
  async function ask({ method = 'GET', path, headers, body, parts, signal }: Question): Promise<Reply> {
    const startedAt = performance.now()
    const json = body === undefined ? undefined : JSON.stringify(body)
    const patience = AbortSignal.timeout(patienceMs)
    const req = request(baseUrl + path, {
      method,
      agent,
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
      headers: {
        ...headers,
        ...(json === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }),
      },
    })
    if (parts) {
      req.once('continue', () => {
        for (const part of parts) req.write(part)
        req.end()
      })
      req.flushHeaders()
    } else req.end(json)
    const [response] = (await once(req, 'response')) as [IncomingMessage]
    req.on('error', () => undefined) // From here on the response tells.
    return read(response, startedAt)
  }

  return { ask, close: () => agent.destroy() }
}

export type Http = ReturnType<typeof createHttp>

async function read(response: IncomingMessage, startedAt: number): Promise<Reply> {
  const isText = /^(text|application\/json)/.test(response.headers['content-type'] ?? '')
  const hash = createHash('sha256')
  const texts: Buffer[] = []
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    hash.update(chunk)
    if (isText) texts.push(chunk)
  })
  await once(response, 'end')
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    bytes,
    sha256: hash.digest('hex'),
    text: Buffer.concat(texts).toString(),
    ms: performance.now() - startedAt,
  }
}

/** Of an error answer, empty where it is none. */
export function codeOf({ text, headers }: Reply): string {
  if (!headers['content-type']?.includes('json')) return ''
  const parsed = JSON.parse(text) as { error?: { code?: string } }
  return parsed.error?.code ?? ''
}
