// The installation of the evening: `serve` and `worker` as processes of their own on one data directory, ended and started
// again while booths are sending. Runs a copy of the program, so that a new build does not change it half-way.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, open, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeFolder } from '../../support/folder.ts'
import { findFreePort } from '../../support/free-port.ts'

export type Role = 'serve' | 'worker'

/** A process was ended and, from `readyAt` on, is there again. */
export interface Restart {
  role: Role
  signal: 'SIGTERM' | 'SIGKILL'
  /** Epoch ms. */
  endedAt: number
  readyAt: number
  /** Null after a kill. */
  exitCode: number | null
}

export type Site = Awaited<ReturnType<typeof openSite>>

const root = fileURLToPath(new URL('../../..', import.meta.url))
const readyPattern = /photochanger (worker )?ready/

export async function openSite(moreEnv: Record<string, string>) {
  const folder = await makeFolder()
  const program = join(folder.path, 'program')
  await mkdir(program)
  for (const part of ['bin', 'dist', 'db', 'templates', 'package.json'])
    await cp(join(root, part), join(program, part), { recursive: true })
  await symlink(join(root, 'node_modules'), join(program, 'node_modules'))
  const dataDir = join(folder.path, 'data')
  const backupDir = join(folder.path, 'backups')
  const port = await findFreePort()
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PHOTOCHANGER_'))),
    PHOTOCHANGER_DATA_DIR: dataDir,
    PHOTOCHANGER_PORT: String(port),
    PHOTOCHANGER_BACKUP_DIR: backupDir,
    PHOTOCHANGER_LOG_LEVEL: 'warn',
    ...moreEnv,
  }
  const argumentsOf: Record<Role, string[]> = { serve: ['serve'], worker: ['worker', '--concurrency', '2'] }
  const running = new Map<Role, ChildProcess>()
  const restarts: Restart[] = []

  /** To its end; with what it has printed. */
  async function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, [join(program, 'bin/photochanger'), ...args], { env })
    const said = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk) => {
      said.stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      said.stderr += chunk
    })
    const [code] = await once(child, 'close')
    return { code, ...said }
  }

  async function start(role: Role): Promise<void> {
    const log = await open(join(folder.path, `${role}.log`), 'a')
    const child = spawn(process.execPath, [join(program, 'bin/photochanger'), ...argumentsOf[role]], {
      env,
      stdio: ['ignore', 'pipe', log.fd],
    })
    await log.close()
    process.once('exit', () => child.kill('SIGKILL'))
    await new Promise<void>((resolve, reject) => {
      let said = ''
      child.stdout?.on('data', (chunk) => {
        said += chunk
        if (readyPattern.test(said)) resolve()
      })
      child.once('close', (code) => reject(new Error(`${role} ended with ${code} before it was ready`)))
    })
    running.set(role, child)
  }

  async function stop(role: Role, signal: Restart['signal'] = 'SIGTERM'): Promise<number | null> {
    const child = running.get(role)
    if (!child || child.exitCode !== null) throw new Error(`${role} has ended by itself`)
    running.delete(role)
    const closed = once(child, 'close')
    child.kill(signal)
    const [code] = await closed
    return code
  }

  const created = await run('init', '--json')
  if (created.code !== 0) throw new Error(created.stderr)
  const { ingest_password: password, admins } = JSON.parse(created.stdout)

  return {
    url: `http://127.0.0.1:${port}`,
    folder: folder.path,
    dataDir,
    backupDir,
    password: password as string,
    admin: admins[0] as { username: string; password: string },
    restarts,
    run,
    start,
    stop,
    /** Undefined while it is being ended or started. */
    pidOf: (role: Role): number | undefined => running.get(role)?.pid,
    async restart(role: Role, signal: Restart['signal']): Promise<Restart> {
      const restart: Restart = { role, signal, endedAt: Date.now(), readyAt: Infinity, exitCode: null }
      restarts.push(restart)
      restart.exitCode = await stop(role, signal)
      await start(role)
      restart.readyAt = Date.now()
      return restart
    },
    remove: folder.remove,
  }
}
