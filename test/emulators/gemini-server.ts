// The wire of the emulated Gemini: bodies in, replies out, connections that hang or break, and a record of it all.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { GoogleFailure, invalidArgument } from './gemini-failure.ts'
import type { Reply } from './gemini-scenarios.ts'

export interface RecordedRequest {
  method: string
  /** With its query. */
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
  /** `aborted`: the client went away first. `broken`: the scenario broke the connection. */
  outcome: 'open' | 'answered' | 'aborted' | 'broken'
  json(): unknown
}

/** What `handle` sees of one request. */
export interface Exchange {
  request: RecordedRequest
  url: URL
  /** Of this server as the client sees it. */
  origin: string
  /** Fires when the connection is gone. */
  gone: AbortSignal
  sendJson(status: number, body: unknown, headers?: Record<string, string>): void
  send(reply: Reply, delayMs?: number): Promise<void>
}

interface ServerOptions {
  port?: number
  maxBodyBytes: number
  keptRequests: number
  clockAheadMs: number
  /** A GoogleFailure that it throws is the answer. */
  handle(exchange: Exchange): Promise<void>
}

const jsonType = 'application/json; charset=UTF-8'

export async function startWire(options: ServerOptions) {
  const { port = 0, maxBodyBytes, keptRequests, clockAheadMs, handle } = options
  const requests: RecordedRequest[] = []
  const sockets = new Set<Socket>()
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy())
  })
  server.keepAliveTimeout = 60_000
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
  })

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    const request = record(incoming)
    response.once('close', () => {
      if (request.outcome === 'open') request.outcome = response.writableFinished ? 'answered' : 'aborted'
      gone.abort()
    })
    if (clockAheadMs !== 0) response.setHeader('date', new Date(Date.now() + clockAheadMs).toUTCString())
    const origin = `http://${incoming.headers.host}`
    const exchange = createExchange(request, response, { origin, gone: gone.signal })
    try {
      const body = await readBody(incoming, maxBodyBytes)
      request.body = body ?? Buffer.alloc(0)
      if (!body) throw invalidArgument(`Request payload size exceeds the limit: ${maxBodyBytes} bytes.`)
      await handle(exchange)
    } catch (error) {
      if (response.headersSent || response.destroyed) return
      if (error instanceof GoogleFailure) exchange.sendJson(error.status, error.body)
      else exchange.sendJson(500, { error: { code: 500, message: String(error), status: 'EMULATOR' } })
    }
  }

  function record({ method = '', url = '', headers }: IncomingMessage): RecordedRequest {
    const request: RecordedRequest = {
      method,
      path: url,
      headers,
      body: Buffer.alloc(0),
      outcome: 'open',
      json: () => JSON.parse(request.body.toString('utf8')),
    }
    if (!url.startsWith('/__emulator/')) requests.push(request)
    if (requests.length > keptRequests) requests.shift()
    return request
  }

  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    openSockets: () => sockets.size,
    async close(): Promise<void> {
      server.close()
      for (const socket of sockets) socket.destroy()
      if (server.listening) await once(server, 'close')
    },
  }
}

/** Undefined when it is longer; read to its end all the same, as a client looks for an answer only then. */
async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of incoming) {
    length += (chunk as Buffer).length
    if (length <= maxBytes) chunks.push(chunk as Buffer)
    else chunks.length = 0
  }
  return length <= maxBytes ? Buffer.concat(chunks) : undefined
}

function createExchange(
  request: RecordedRequest,
  response: ServerResponse,
  { origin, gone }: { origin: string; gone: AbortSignal },
): Exchange {
  function sendText(status: number, contentType: string, text: string, headers: Record<string, string> = {}) {
    response.writeHead(status, { 'content-type': contentType, ...headers })
    response.end(text)
  }
  const sendJson: Exchange['sendJson'] = (status, body, headers) =>
    sendText(status, jsonType, typeof body === 'string' ? body : JSON.stringify(body), headers)

  return {
    request,
    url: new URL(request.path, origin),
    origin,
    gone,
    sendJson,
    async send(reply, delayMs = 0) {
      try {
        if (delayMs > 0) await delay(delayMs, undefined, { signal: gone })
      } catch {
        return // The client has not waited.
      }
      if (gone.aborted) return
      switch (reply.kind) {
        case 'answer':
          return sendJson(reply.status, reply.body)
        case 'raw':
          return sendText(reply.status, reply.contentType, reply.body)
        case 'hang':
          return // The connection stays until the client gives up or the emulator closes.
        case 'reset':
          request.outcome = 'broken'
          response.socket?.resetAndDestroy()
          return
        case 'cut': {
          response.writeHead(200, {
            'content-type': jsonType,
            'content-length': Buffer.byteLength(reply.body),
          })
          await new Promise<void>((sent) =>
            response.write(reply.body.slice(0, reply.body.length / 2), () => sent()),
          )
          request.outcome = 'broken'
          response.socket?.destroy()
          return
        }
        case 'flood':
          return await flood(response, reply.megabytes, gone)
      }
    },
  }
}

/** A picture in base64 that does not end for a long time. */
async function flood(response: ServerResponse, megabytes: number, gone: AbortSignal): Promise<void> {
  response.writeHead(200, { 'content-type': jsonType })
  response.write('{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"')
  const megabyte = 'A'.repeat(1_000_000)
  for (let sent = 0; sent < megabytes && !response.destroyed; sent += 1) {
    if (!response.write(megabyte)) await once(response, 'drain', { signal: gone })
  }
  response.end('"}}]},"finishReason":"STOP"}]}')
}
