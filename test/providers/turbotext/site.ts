// The emulated vendor, the provider that works with it, and a server for what that publishes.
import { createReadStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { AppError } from '../../../src/errors.ts'
import type { LocalPicture, Operation, Provider, Task } from '../../../src/providers/provider.ts'
import { createTurbotextProvider } from '../../../src/providers/turbotext/turbotext.ts'
import type { Scenario } from '../../emulators/turbotext/stories.ts'
import { emulatedKey, startTurbotextEmulator, type TurbotextEmulator } from '../../emulators/turbotext.ts'
import { makeFolder } from '../../support/folder.ts'
import { landscape } from '../../support/photos.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { jpegAt, taskIn } from '../../support/task.ts'

export interface Site {
  emulator: TurbotextEmulator
  provider: Provider
  shop: FileServer
  run(operation: string, settings: Record<string, unknown>, changes?: Partial<Task>): Promise<LocalPicture>
  /** The failure of an image_edit. */
  fail(changes?: Partial<Task>): Promise<AppError>
  close(): Promise<void>
}

export interface FileServer {
  /** The file under each published address. */
  files: ReadonlyMap<string, string>
  /** Of everything that was asked of it. */
  headers: readonly IncomingHttpHeaders[]
  publish(picture: LocalPicture): Promise<string>
  /** A file with these bytes, as long as the server lives. */
  save(bytes: Buffer): Promise<string>
  close(): Promise<void>
}

/** The site is closed whatever comes of the check. */
export async function withSite(options: SiteOptions, check: (site: Site) => Promise<void>): Promise<void> {
  const site = await openSite(options)
  try {
    await check(site)
  } finally {
    await site.close()
  }
}

interface SiteOptions {
  scenario?: Scenario
  apiKey?: string
  reconnects?: number
  attempts?: number
  timing?: Parameters<typeof createTurbotextProvider>[0]['timing']
}

export async function openSite(options: SiteOptions = {}): Promise<Site> {
  const { apiKey = emulatedKey, timing, ...emulated } = options
  const folder = await makeFolder()
  const emulator = await startTurbotextEmulator(emulated)
  const shop = await startFileServer()
  const provider = createTurbotextProvider({
    apiKey,
    baseUrl: emulator.url,
    timing: { pollEveryMs: 1, downloadRetryMs: 1, ...timing },
  })
  let count = 0

  async function run(operation: string, settings: Record<string, unknown>, changes: Partial<Task> = {}) {
    count += 1
    const scratchDir = join(folder.path, String(count))
    await mkdir(scratchDir)
    const { run: work, settings: schema } = operationOf(provider, operation)
    const templates = { style: jpegAt(landscape), face: jpegAt(landscape) }
    const own = { settings: schema.parse(settings), templates, publish: shop.publish }
    return work(taskIn(scratchDir, { ...own, ...changes }))
  }

  return {
    emulator,
    provider,
    shop,
    run,
    async fail(changes) {
      const error = await rejectionOf(run('image_edit', { prompt: 'a watercolour' }, changes))
      if (!(error instanceof AppError)) throw error
      return error
    },
    async close() {
      await provider.close?.()
      await Promise.all([emulator.close(), shop.close()])
      await folder.remove()
    },
  }
}

/** How often the worker may call the provider again after this failure. */
export const countAgain = ({ retry, retryHint }: AppError): number =>
  retryHint?.atMost ?? (retry === 'again' ? Number.POSITIVE_INFINITY : 0)

export function operationOf(provider: Provider, id: string): Operation {
  const operation = provider.operations[id]
  if (!operation) throw new Error(`There is no operation ${id}.`)
  return operation
}

export async function startFileServer(): Promise<FileServer> {
  const folder = await makeFolder()
  let saved = 0
  const files = new Map<string, string>()
  const headers: IncomingHttpHeaders[] = []
  const server = createServer((req, res) => {
    headers.push(req.headers)
    const path = files.get(`${url}${req.url}`)
    if (path === undefined) {
      res.writeHead(410).end()
      return
    }
    createReadStream(path)
      .on('error', () => res.destroy())
      .pipe(res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    files,
    headers,
    async publish({ path }) {
      const address = `${url}/public/media/${files.size + 1}`
      files.set(address, path)
      return address
    },
    async save(bytes) {
      saved += 1
      const path = join(folder.path, String(saved))
      await writeFile(path, bytes)
      return path
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await folder.remove()
    },
  }
}
