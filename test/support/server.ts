// A whole server in this process, on a free port and a fresh folder: real HTTP, a real database, real workers.
import { type App, openApp } from '../../src/app.ts'
import { type ConfigInput, loadConfig } from '../../src/config.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { type HttpServer, startServer } from '../../src/server.ts'
import { startPool } from '../../src/worker/pool.ts'
import { makePlace, toVariables } from './backends.ts'
import { createTestClock } from './clock.ts'

export interface TestServer {
  app: App
  server: HttpServer
  url: string
  password: string
  dataDir: string
  /** What another process has to be told to work on the same installation: `openTestServer` by settings, a command by env. */
  settings: Record<string, string>
  env: Record<string, string>
  /** What was logged, one parsed line each. */
  logged: Record<string, unknown>[]
  close(): Promise<void>
}

interface TestServerOptions extends ConfigInput {
  /** Settings of an installation that is there already, instead of a new one. */
  at?: Record<string, string>
  workers?: number
  clock?: Clock
  /** Patience with clients, where a test cannot wait for the usual one. */
  http?: Pick<Parameters<typeof startServer>[1], 'patience' | 'bodyPace' | 'lookForTlsEveryMs'>
}

export async function openTestServer({
  at,
  clock,
  http,
  ...input
}: TestServerOptions = {}): Promise<TestServer> {
  const { settings, remove } = at ? { settings: at, remove: async () => undefined } : await makePlace()
  const config = loadConfig({ port: 0, ...settings, ...input }, {})
  const logged: Record<string, unknown>[] = []
  const destination = { write: (line: string) => void logged.push(JSON.parse(line)) }
  const log = await createLog({
    level: 'debug',
    destination: destination as unknown as NodeJS.WritableStream,
  })
  const app = await openApp(config, { log, initializing: true, ...(clock && { clock }) })
  const pool = config.workers > 0 ? startPool(app, config.workers) : undefined
  const server = await startServer(app, {
    host: '127.0.0.1',
    port: 0,
    runningCount: () => pool?.runningCount() ?? 0,
    ...http,
  })
  app.setListeningUrl(server.url)
  return {
    app,
    server,
    url: server.url,
    password: app.credentials?.ingestPassword ?? '',
    dataDir: config.dataDir,
    settings,
    env: toVariables(settings),
    logged,
    async close() {
      server.stopAccepting()
      await pool?.stop(0)
      await server.letGo()
      await app.close()
      await remove()
    },
  }
}

/** Points a slot at `echo`, which answers with the photo itself. */
export async function useEcho({ app }: TestServer, slotId: string, settings: Record<string, unknown> = {}) {
  await app.slots.update(slotId, { providerId: 'echo', operationId: 'echo', settings })
}

export type ClockedServer = TestServer & { clock: ReturnType<typeof createTestClock> }

/** A server without workers whose clock moves only when the test moves it; closed afterwards. */
export async function withClockedServer(
  work: (server: ClockedServer) => Promise<void>,
  startAt = Date.now(),
): Promise<void> {
  const clock = createTestClock(startAt)
  const server = await openTestServer({ workers: 0, clock })
  try {
    await work({ ...server, clock })
  } finally {
    await server.close()
  }
}
