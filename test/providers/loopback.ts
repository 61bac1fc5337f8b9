// A server on the loopback and the client that is tested against it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { join } from 'node:path'
import { AppError } from '../../src/errors.ts'
import { createHttpClient, type HttpClient } from '../../src/providers/request.ts'
import { makeFolder } from '../support/folder.ts'
import { rejectionOf } from '../support/rejection.ts'

export type Handler = (req: IncomingMessage, res: ServerResponse) => void

export interface Site {
  url: string
  client: HttpClient
  seen: IncomingMessage[]
  targetPath: string
}

interface SiteOptions {
  connections?: number
  lookup?: LookupFunction
  prefix?: string
}

export async function withSite(
  handler: Handler,
  check: (site: Site) => Promise<void>,
  options: SiteOptions = {},
) {
  const { prefix = '', ...rest } = options
  const seen: IncomingMessage[] = []
  const server = createServer((req, res) => {
    seen.push(req)
    handler(req, res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createHttpClient({ baseUrl: `${url}${prefix}`, ...rest })
  const folder = await makeFolder()
  try {
    await check({ url, client, seen, targetPath: join(folder.path, 'picture') })
  } finally {
    await client.close()
    server.closeAllConnections()
    server.close()
    await folder.remove()
  }
}

/** Never fires. */
export const { signal } = new AbortController()
export const hang: Handler = () => {}
export const greet: Handler = (_, res) => void res.end('hello')
export const stall: Handler = (_, res) => void res.writeHead(200, { 'content-length': 100 }).write('half')
export const cut: Handler = (_, res) =>
  void res.writeHead(200, { 'content-length': 100 }).write('half', () => res.destroy())

export async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const error = await rejectionOf(work)
  if (!(error instanceof AppError)) throw error
  return error
}
