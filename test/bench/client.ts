// The load generator's HTTP: keep-alive connections, bodies made once, answers counted and thrown away.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { buildRequest, inspectPhoto } from '../../src/booth/request.ts'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  bytes: number
  /** From the first byte sent to the last byte received. */
  ms: number
}

/** An upload as a booth sends it, ready to be sent again and again. */
export interface Upload {
  headers: Record<string, string>
  body: Buffer
}

export async function prepareUpload(photoPath: string, password: string): Promise<Upload> {
  const photo = await inspectPhoto(photoPath)
  const { headers, head, tail } = buildRequest({ photo, host: 'localhost', password })
  return {
    headers: Object.fromEntries(headers),
    body: Buffer.concat([head, await readFile(photoPath), tail]),
  }
}

export type Client = ReturnType<typeof createClient>

export function createClient(baseUrl: string) {
  const agent = new Agent({ keepAlive: true })

  return {
    get: async (path: string): Promise<Answer> => {
      const startedAt = performance.now()
      const req = request(baseUrl + path, { agent }).end()
      const [response] = (await once(req, 'response')) as [IncomingMessage]
      return readAnswer(response, startedAt)
    },

    /** @throws Error when the answer is not 200 and `anyStatus` is not set */
    async post(path: string, { headers, body }: Upload, { anyStatus = false } = {}): Promise<Answer> {
      const startedAt = performance.now()
      const req = request(baseUrl + path, { method: 'POST', agent, headers })
      req.once('continue', () => req.end(body)) // The headers of a booth ask for it.
      req.flushHeaders()
      const [response] = (await once(req, 'response')) as [IncomingMessage]
      const answer = await readAnswer(response, startedAt)
      if (answer.status !== 200 && !anyStatus) throw new Error(`${path} was answered ${answer.status}`)
      return answer
    },

    close: () => agent.destroy(),
  }
}

async function readAnswer(response: IncomingMessage, startedAt: number): Promise<Answer> {
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  await once(response, 'end')
  const { statusCode: status = 0, headers } = response
  return { status, headers, bytes, ms: performance.now() - startedAt }
}
