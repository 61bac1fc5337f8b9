// The load generator's HTTP: keep-alive connections, photos in memory, answers counted and thrown away.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { buildRequest, inspectPhoto, type PhotoFacts } from '../../src/booth/request.ts'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  bytes: number
  /** From the first byte sent to the last byte received. */
  ms: number
}

/** A photo that is sent again and again. */
export interface Upload {
  photo: PhotoFacts
  password: string
  bytes: Buffer
}

export async function prepareUpload(photoPath: string, password: string): Promise<Upload> {
  return { photo: await inspectPhoto(photoPath), password, bytes: await readFile(photoPath) }
}

export type Client = ReturnType<typeof createClient>

export function createClient(baseUrl: string) {
  const agent = new Agent({ keepAlive: true })

  return {
    get: async (path: string, headers: Record<string, string> = {}): Promise<Answer> => {
      const startedAt = performance.now()
      const req = request(baseUrl + path, { agent, headers }).end()
      const [response] = (await once(req, 'response')) as [IncomingMessage]
      return readAnswer(response, startedAt)
    },

    /** @throws Error when the answer is not 200 and `anyStatus` is not set */
    async post(
      path: string,
      { photo, password, bytes }: Upload,
      { anyStatus = false } = {},
    ): Promise<Answer> {
      // Anew each time, with a session id of its own: a photo sent twice under one id is one job.
      const { headers, head, tail } = buildRequest({ photo, password, host: 'localhost' })
      const startedAt = performance.now()
      const req = request(baseUrl + path, { method: 'POST', agent, headers: Object.fromEntries(headers) })
      req.once('continue', () => {
        // The headers of a booth ask to be asked.
        req.write(head)
        req.write(bytes)
        req.end(tail)
      })
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
