// The program under abuse: `serve` as an operator starts it, with what the kernel says of the process.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makeFolder } from '../support/folder.ts'
import { runProgram } from '../support/program.ts'

const bin = fileURLToPath(new URL('../../bin/photochanger', import.meta.url))

export interface Installation {
  dataDir: string
  env: Record<string, string>
  password: string
  remove(): Promise<void>
}

export const slotIds = ['slot-001', 'slot-002', 'slot-003', 'slot-004']
/** Answers with the photo itself. */
export const echoSlot = 'slot-004'

/** With the three offline effects of a first start, and `echo` in a fourth slot. */
export async function install(env: Record<string, string> = {}, inFolder?: string): Promise<Installation> {
  const folder =
    inFolder === undefined ? await makeFolder() : { path: inFolder, remove: async () => undefined }
  const ownEnv = { PHOTOCHANGER_DATA_DIR: folder.path, PHOTOCHANGER_LOG_LEVEL: 'warn', ...env }
  const { stdout, stderr } = await runProgram(['init', '--json'], ownEnv)
  if (stdout === '') throw new Error(stderr)
  await setEcho(ownEnv, {})
  return {
    dataDir: folder.path,
    env: ownEnv,
    password: JSON.parse(stdout).ingest_password,
    remove: folder.remove,
  }
}

/** Sets the fourth slot. */
export async function setEcho(
  env: Record<string, string>,
  settings: Record<string, string | number>,
): Promise<void> {
  const set = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])
  const { code, stderr } = await runProgram(
    ['slots', 'set', echoSlot, '--provider', 'echo', '--operation', 'echo', ...set],
    env,
  )
  if (code !== 0) throw new Error(stderr)
}

export interface LogLine {
  level: string
  event: string
  code?: string
  status?: number
  err?: { message?: string; code?: string; stack?: string }
}

export interface Serve {
  pid: number
  url: string
  isAlive(): boolean
  descriptors(): Promise<string[]>
  memoryMib(): Promise<number>
  logged(): Promise<LogLine[]>
  /** The exit code, or null after a kill. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

interface ServeOptions {
  /** Of `ulimit -n`. */
  maxDescriptors?: number
  /** Of Node. */
  nodeFlags?: readonly string[]
  /** Where its log goes instead of into the data directory. */
  logPath?: string
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

let logs = 0

/** Rejects with what it said when it ends instead of becoming ready. */
export async function startServe(
  { dataDir, env }: Pick<Installation, 'dataDir' | 'env'>,
  { maxDescriptors, nodeFlags = [], logPath: givenPath }: ServeOptions = {},
): Promise<Serve> {
  const logPath = givenPath ?? join(process.env.ABUSE_LOGS ?? dataDir, `abuse-${process.pid}-${logs++}.log`)
  const limit = maxDescriptors === undefined ? '' : `ulimit -n ${maxDescriptors} && `
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PHOTOCHANGER_'))
  const child = spawn(
    '/bin/sh',
    ['-c', `${limit}exec "$0" "$@"`, process.execPath, ...nodeFlags, bin, 'serve', '--port', '0'],
    { env: { ...Object.fromEntries(inherited), ...env }, stdio: ['ignore', 'pipe', openSync(logPath, 'w')] },
  )
  running.add(child)
  const closed = once(child, 'close').then(([code]) => {
    running.delete(child)
    return code as number | null
  })
  const url = await readyUrl(child).catch(async () => {
    throw new Error((await readFile(logPath, 'utf8')).trim())
  })
  const pid = child.pid ?? 0
  return {
    pid,
    url,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    async descriptors() {
      const names = await readdir(`/proc/${pid}/fd`)
      return Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => 'gone')))
    },
    async memoryMib() {
      const text = await readFile(`/proc/${pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1]) / 1024
    },
    async logged() {
      if (givenPath !== undefined) return []
      const lines = (await readFile(logPath, 'utf8')).split('\n').filter((line) => line.startsWith('{'))
      return lines.map((line) => JSON.parse(line) as LogLine)
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      return closed
    },
  }
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk) => {
      text += chunk
      const url = /photochanger ready on (\S+)/.exec(text)?.[1]
      if (url) resolve(url)
    })
    child.once('close', () => reject(new Error('it ended before it was ready')))
  })
}

/** Looks until it holds or the time is up; what it was at last. */
export async function eventually<T>(
  look: () => Promise<T>,
  holds: (value: T) => boolean,
  withinMs: number,
): Promise<T> {
  const giveUpAt = performance.now() + withinMs
  for (;;) {
    const value = await look()
    if (holds(value) || performance.now() > giveUpAt) return value
    await pause(100)
  }
}
