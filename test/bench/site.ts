// The program under test: `serve` as an operator starts it, on a data directory that is thrown away.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makeFolder } from '../support/folder.ts'
import { runProgram } from '../support/program.ts'
import { pidOf } from './process.ts'

export interface Site {
  url: string
  dataDir: string
  password: string
  /** Who may log in. */
  admin: { username: string; password: string }
  pid: number
  /** Resolves when no job is worked on and every result has its thumbnail, which is made after the answer. */
  untilIdle(): Promise<void>
  /** Ends the server and keeps its data; before `close`, where commands are to be alone with them. */
  stop(): Promise<void>
  close(): Promise<void>
}

interface SiteOptions {
  env?: Record<string, string>
  /** Of `serve`. */
  flags?: readonly string[]
  /** The data directory; removed in the end, and made where it is not given. */
  folder?: Awaited<ReturnType<typeof makeFolder>>
  /** Works on the data directory before the server starts. */
  prepare?(dataDir: string): Promise<void>
}

const lookAgainMs = 4
const patienceMs = 60_000

/** Slots as arguments of `slots set`. Its log goes into a file, at the default level. */
export async function openSite(
  slots: readonly (readonly string[])[],
  { env = {}, flags = [], folder: given, prepare }: SiteOptions = {},
): Promise<Site> {
  const folder = given ?? (await makeFolder())
  const ownEnv = { PHOTOCHANGER_DATA_DIR: folder.path, ...env }
  const { code, stdout, stderr } = await runProgram(['init', '--json'], ownEnv)
  if (code !== 0) throw new Error(stderr)
  for (const slot of slots) {
    const { code, stderr } = await runProgram(['slots', 'set', ...slot], ownEnv)
    if (code !== 0) throw new Error(stderr)
  }
  await prepare?.(folder.path)
  const server = await serve(folder.path, ownEnv, flags)
  const { ingest_password: password, admins } = JSON.parse(stdout)
  let isStopped = false
  async function stop() {
    if (!isStopped) await server.stop()
    isStopped = true
  }
  return {
    ...server,
    dataDir: folder.path,
    password,
    admin: admins[0],
    stop,
    async untilIdle() {
      const giveUpAt = performance.now() + patienceMs
      while ((await countUnfinished(server.url, folder.path)) > 0) {
        if (performance.now() > giveUpAt) throw new Error('the server is still busy')
        await setTimeout(lookAgainMs)
      }
    },
    async close() {
      await stop()
      await folder.remove()
    },
  }
}

async function countUnfinished(url: string, dataDir: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  const running = Number(/^photochanger_worker_running_jobs (\d+)$/m.exec(metrics)?.[1])
  const [results, thumbnails] = await Promise.all(
    ['results', 'thumbnails'].map(async (name) => {
      const files = await readdir(join(dataDir, 'media', name)).catch(() => []) // Not made yet.
      return files.length
    }),
  )
  return running + (results ?? 0) - (thumbnails ?? 0)
}

async function serve(dataDir: string, env: Record<string, string>, flags: readonly string[]) {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('PHOTOCHANGER_')),
  )
  const bin = fileURLToPath(new URL('../../bin/photochanger', import.meta.url))
  const logPath = join(dataDir, 'serve.log')
  const child = spawn(process.execPath, [bin, 'serve', '--port', '0', ...flags], {
    env: { ...clean, ...env },
    stdio: ['ignore', 'pipe', openSync(logPath, 'a')],
  })
  const closed = once(child, 'close')
  const patience = globalThis.setTimeout(() => child.kill('SIGKILL'), 60_000) // It is not getting ready.
  const url = await new Promise<string>((resolve, reject) => {
    let output = ''
    child.stdout?.on('data', (chunk) => {
      output += chunk
      const ready = /photochanger ready on (\S+)/.exec(output)?.[1]
      if (ready) resolve(ready)
    })
    child.once('close', () => reject(new Error('the server ended before it was ready')))
  })
  clearTimeout(patience)
  return {
    url,
    pid: pidOf(child),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) {
        const ended = child.signalCode ?? `exit code ${child.exitCode}`
        const lastLines = (await readFile(logPath, 'utf8')).trimEnd().split('\n').slice(-5)
        process.stderr.write(`the server has ended by itself, ${ended}:\n${lastLines.join('\n')}\n`)
      }
      child.kill('SIGTERM')
      await closed
    },
  }
}
