// A local double of POST /v1/images/edits: OpenAI's rules and failures, or those of a self-hosted server.
// What it plays is chosen by a method or over HTTP; the adapter under test is unchanged.
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { createEdits, type EditOptions } from './openai-edits.ts'
import type { MadePicture } from './openai-picture.ts'
import { createRecord, type RecordedRequest } from './openai-record.ts'
import { models } from './openai-rules.ts'
import { parseScenario } from './openai-scenario.ts'

export interface OpenaiEmulatorOptions extends EditOptions {
  /** A free one by default. */
  port?: number
  /** Older records are forgotten. */
  maxRecords?: number
}

/** Those answered as an address; a soak test makes many. */
const maxPictures = 50

export type OpenaiEmulator = Awaited<ReturnType<typeof startOpenaiEmulator>>

/** The caller closes it. */
export async function startOpenaiEmulator({
  port = 0,
  maxRecords = 1_000,
  ...editOptions
}: OpenaiEmulatorOptions = {}) {
  const requests: RecordedRequest[] = []
  const pictures = new Map<string, MadePicture>()
  const edits = createEdits(editOptions, (picture) => {
    const path = `/files/${randomUUID()}.${picture.format}`
    pictures.set(path, picture)
    for (const oldest of [...pictures.keys()].slice(0, -maxPictures)) pictures.delete(oldest)
    return `${origin}${path}`
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://emulator')
    const route = `${request.method} ${pathname}`
    if (route === 'POST /__emulator/scenario') {
      edits.setScenario(parseScenario(await json(request)))
      return void response.writeHead(204).end()
    }
    if (route === 'GET /__emulator/requests')
      return send(response, 200, { charged: edits.charged(), requests })

    const record = createRecord(request)
    requests.push(record)
    if (requests.length > maxRecords) requests.shift()
    response.on('close', () => {
      record.isClosedEarly = !response.writableFinished
    })
    if (route === 'POST /v1/images/edits') return edits.answer(request, response, record)
    if (route === 'GET /v1/models') {
      const refusal = edits.keyRefusal(request)
      if (refusal) return void response.writeHead(refusal.status, refusal.headers).end(refusal.body)
      const data = models.map((id) => ({ id, object: 'model', created: 1_767_225_600, owned_by: 'openai' }))
      return send(response, 200, { object: 'list', data })
    }
    const picture = pictures.get(pathname)
    if (picture) {
      return void response.writeHead(200, { 'content-type': `image/${picture.format}` }).end(picture.bytes)
    }
    if (pathname === '/hang')
      return void response.writeHead(200, { 'content-type': 'image/png' }).write('\x89PNG')
    const target = searchParams.get('to')
    if (pathname === '/redirect' && target) return void response.writeHead(302, { location: target }).end()
    const error = {
      message: `Invalid URL (${route})`,
      type: 'invalid_request_error',
      param: null,
      code: null,
    }
    send(response, 404, { error })
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) response.destroy()
      else
        send(response, 400, { error: { message: String(error), type: 'emulator', param: null, code: null } })
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    /** With /v1, as the official client wants it. */
    url: `${origin}/v1`,
    /** Beside /v1 there are /redirect?to=…, /hang, and /files/… of pictures that were answered as an address. */
    origin,
    /** The oldest first. */
    requests: requests as readonly RecordedRequest[],
    /** A list is consumed one step a call, and followed by `ok`; a call that the rules refuse consumes none. */
    setScenario: edits.setScenario,
    /** How many generations a real vendor would have put on the bill. */
    charged: edits.charged,
    async close(): Promise<void> {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
