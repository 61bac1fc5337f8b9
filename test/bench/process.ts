// Processes that are measured: started as files of this folder or as the program itself, and what the kernel says of them.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

export interface Counterpart {
  pid: number
  /** Sends one message and resolves with the answer. */
  ask<T>(message: unknown): Promise<T>
  stop(): Promise<void>
}

/** Starts a file of this folder that answers each message with one message. With the thread pool of the program. */
export async function startCounterpart(file: string): Promise<Counterpart> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
  })
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${file} has ended`)
  })
  ended.catch(() => undefined) // Only whoever waits for an answer hears of it.
  return {
    pid: pidOf(child),
    async ask<T>(message: unknown) {
      const answered = once(child, 'message')
      child.send(message as object)
      const [answer] = await Promise.race([answered, ended])
      return answer as T
    },
    async stop() {
      child.kill()
      await ended.catch(() => undefined) // It was meant to.
    },
  }
}

/** The other side of `startCounterpart`. */
export function answerMessages<T>(answer: (message: T) => Promise<unknown>): void {
  process.on('message', async (message) => {
    process.send?.(await answer(message as T))
  })
}

export function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('the process did not start')
  return pid
}

/** User and system time since its start, from Linux's /proc; NaN elsewhere. */
export async function cpuMsOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '') // Not Linux.
  // The name in parentheses may contain spaces; fields 14 and 15 are in ticks of 10 ms.
  const [userTicks, systemTicks] = text.slice(text.lastIndexOf(')')).split(' ').slice(12, 14).map(Number)
  return ((userTicks ?? Number.NaN) + (systemTicks ?? Number.NaN)) * 10
}

/** The same of a process and all that it has started, those that have ended included; of PostgreSQL all connections. */
export async function cpuMsOfTree(pid: number): Promise<number> {
  const processes = await Promise.all(
    (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(readStat),
  )
  const isOfTree = (stat: Stat) => stat.pid === pid || stat.parent === pid
  const ticks = processes.filter((stat) => stat !== undefined).filter(isOfTree)
  return ticks.length === 0 ? Number.NaN : ticks.reduce((sum, stat) => sum + stat.ticks, 0) * 10
}

interface Stat {
  pid: number
  parent: number
  /** Its own and of its children that have ended. */
  ticks: number
}

async function readStat(name: string): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '') // It has just ended.
  const fields = text.slice(text.lastIndexOf(')')).split(' ').map(Number)
  const [parent] = fields.slice(2, 3)
  const ticks = fields.slice(12, 16).reduce((sum, value) => sum + value, 0)
  return parent === undefined ? undefined : { pid: Number(name), parent, ticks }
}

/** NaN where there is no /proc. */
export const parentOf = async (pid: number): Promise<number> =>
  (await readStat(String(pid)))?.parent ?? Number.NaN

/** Which share of all cores has been at work since the function was made, whoever's work it was. */
export function watchCores(): () => number {
  const read = () => cpus().map(({ times }) => times)
  const sum = (all: ReturnType<typeof read>, pick: (times: (typeof all)[number]) => number) =>
    all.reduce((total, times) => total + pick(times), 0)
  const before = read()
  return () => {
    const after = read()
    const passed = (pick: (times: (typeof after)[number]) => number) => sum(after, pick) - sum(before, pick)
    const idle = passed((times) => times.idle)
    return 1 - idle / passed(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq)
  }
}

/** Resident memory in MiB, now and at its highest since `forgetPeak`. Linux only. */
export async function memoryOf(pid: number): Promise<{ nowMib: number; peakMib: number }> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8')
  const mib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1]) / 1024
  return { nowMib: mib('VmRSS'), peakMib: mib('VmHWM') }
}

export const forgetPeak = (pid: number): Promise<void> => writeFile(`/proc/${pid}/clear_refs`, '5')
