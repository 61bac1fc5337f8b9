// The real program in a process of its own, as an operator starts it. `npm test` has built it before.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../bin/photochanger', import.meta.url))

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

function start(args: readonly string[], env: NodeJS.ProcessEnv, input?: string, program = bin) {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('PHOTOCHANGER_')),
  )
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...clean, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => undefined) // A command that reads nothing may have ended before.
  child.stdin.end(input)
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk
  })
  return { child, output }
}

/** Runs a command to its end; `input` is piped into it. `program`: another one than this working copy's. */
export async function runProgram(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  input?: string,
  program?: string,
): Promise<Finished> {
  const { child, output } = start(args, env, input, program)
  const [code] = await once(child, 'close')
  return { code, ...output }
}

/** Runs a command to its end while nobody reads its stdout, as `| head` does when it has had enough. */
export async function runUnheard(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
  const { child, output } = start(args, env)
  child.stdout.destroy()
  const [code] = await once(child, 'close')
  return { code, ...output }
}

export interface Daemon {
  child: ChildProcess
  output: { stdout: string; stderr: string }
  /** Where it listens; empty for a worker. */
  url: string
  /** The exit code, once it has ended; null after a kill. */
  ended: Promise<number | null>
  /** Sends the signal and waits for the end; the exit code, or null after a kill. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Resolves when the program says that it is ready. */
export async function startDaemon(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  program?: string,
): Promise<Daemon> {
  const { child, output } = start(args, env, undefined, program)
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', () => {
      if (/photochanger (worker )?ready/.test(output.stdout)) resolve()
    })
    child.on('close', () => reject(new Error(`ended before it was ready: ${output.stderr}`)))
  })
  await ready
  return {
    child,
    output,
    url: /photochanger ready on (\S+)/.exec(output.stdout)?.[1] ?? '',
    ended,
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
  }
}
