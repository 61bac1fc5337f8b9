// The program under test: `serve` as an operator starts it, on a data directory that is thrown away.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makeFolder } from '../support/folder.ts'
import { runProgram } from '../support/program.ts'
import { pidOf } from './process.ts'

export interface Site {
  url: string
  password: string
  pid: number
  /** Resolves when no job is worked on: a worker still makes the thumbnail when the booth has its answer. */
  untilIdle(): Promise<void>
  close(): Promise<void>
}

const lookAgainMs = 4

/** Slots as arguments of `slots set`. Its log goes into a file, at the default level. */
export async function openSite(
  slots: readonly (readonly string[])[],
  env: Record<string, string> = {},
): Promise<Site> {
  const folder = await makeFolder()
  const ownEnv = { PHOTOCHANGER_DATA_DIR: folder.path, ...env }
  const { stdout } = await runProgram(['init', '--json'], ownEnv)
  for (const slot of slots) {
    const { code, stderr } = await runProgram(['slots', 'set', ...slot], ownEnv)
    if (code !== 0) throw new Error(stderr)
  }
  const server = await serve(folder.path, ownEnv)
  return {
    ...server,
    password: JSON.parse(stdout).ingest_password,
    async untilIdle() {
      do await setTimeout(lookAgainMs)
      while (
        !/^photochanger_worker_running_jobs 0$/m.test(await (await fetch(`${server.url}/metrics`)).text())
      )
    },
    async close() {
      await server.stop()
      await folder.remove()
    },
  }
}

async function serve(dataDir: string, env: Record<string, string>) {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('PHOTOCHANGER_')),
  )
  const bin = fileURLToPath(new URL('../../bin/photochanger', import.meta.url))
  const logFile = openSync(join(dataDir, 'serve.log'), 'a')
  const child = spawn(process.execPath, [bin, 'serve', '--port', '0'], {
    env: { ...clean, ...env },
    stdio: ['ignore', 'pipe', logFile],
  })
  const closed = once(child, 'close')
  const url = await new Promise<string>((resolve, reject) => {
    let output = ''
    child.stdout?.on('data', (chunk) => {
      output += chunk
      const ready = /photochanger ready on (\S+)/.exec(output)?.[1]
      if (ready) resolve(ready)
    })
    child.once('close', () => reject(new Error('the server ended before it was ready')))
  })
  return {
    url,
    pid: pidOf(child),
    async stop() {
      child.kill('SIGTERM')
      await closed
    },
  }
}
