// Several machines that share one PostgreSQL and one bucket: each process of its own has a data directory of its own, as on a
// machine of its own.
import * as assert from 'uvu/assert'
import { loadConfig } from '../../src/config.ts'
import type { Database } from '../../src/db/database.ts'
import { openPostgres } from '../../src/db/postgres.ts'
import type { Job } from '../../src/jobs/job.ts'
import { createJobReader, type JobReader } from '../../src/jobs/read-jobs.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createClosers } from '../../src/lib/closers.ts'
import { generateSecret } from '../../src/lib/crypto.ts'
import { openStore } from '../../src/open-store.ts'
import type { MediaStore } from '../../src/storage/store.ts'
import { makeFolder } from './folder.ts'
import { makePostgres } from './postgres.ts'
import { type Daemon, type Finished, runProgram, startDaemon } from './program.ts'
import { startS3, type TestS3 } from './s3.ts'

export interface Machines {
  password: string
  /** The founding administrator. */
  admin: { username: string; password: string }
  s3: TestS3
  db: Database
  store: MediaStore
  reader: JobReader
  /** All of them. */
  jobs(): Promise<Job[]>
  /** `serve --no-workers` on a machine of its own. */
  serve(): Promise<Daemon>
  worker(concurrency: number, env?: NodeJS.ProcessEnv): Promise<Daemon>
  /** A command that must succeed. */
  run(...args: string[]): Promise<Finished>
}

interface MachinesOptions {
  env?: NodeJS.ProcessEnv
  /** Another database than one on the server of all tests. */
  databaseUrl?: string
}

export async function withMachines(
  work: (machines: Machines) => Promise<void>,
  { env: moreEnv = {}, databaseUrl }: MachinesOptions = {},
): Promise<void> {
  const closers = createClosers()
  try {
    const url = databaseUrl ?? (await makeDatabaseUrl())
    const s3 = await startS3()
    closers.add(s3.close)
    const env = {
      PHOTOCHANGER_DATABASE_URL: url,
      PHOTOCHANGER_DATABASE_CONNECTIONS: '5',
      ...Object.fromEntries(
        Object.entries(s3.settings).map(([name, value]) => [`PHOTOCHANGER_${name.toUpperCase()}`, value]),
      ),
      PHOTOCHANGER_SECRET_KEY: generateSecret(),
      PHOTOCHANGER_QUEUE_MAX_IN_FLIGHT_JOBS: '100',
      PHOTOCHANGER_T_SYNC_RESPONSE_SECONDS: '60',
      ...moreEnv,
    }
    const onNewMachine = async (own: NodeJS.ProcessEnv = {}) => {
      const folder = await makeFolder()
      closers.add(folder.remove)
      return { ...env, PHOTOCHANGER_DATA_DIR: folder.path, ...own }
    }
    const start = async (args: string[], own?: NodeJS.ProcessEnv) => {
      const daemon = await startDaemon(args, await onNewMachine(own))
      closers.add(async () => void (await daemon.stop('SIGKILL')))
      return daemon
    }
    const desk = await onNewMachine()
    const run = async (...args: string[]) => {
      const finished = await runProgram(args, desk)
      assert.is(finished.code, 0, finished.stderr)
      return finished
    }
    const created = JSON.parse((await run('init', '--json')).stdout)
    const db = openPostgres({ url, maxConnections: 5, statementTimeoutMs: 5_000 })
    closers.add(() => db.close())
    const store = await openStore(loadConfig({ data_dir: desk.PHOTOCHANGER_DATA_DIR, ...s3.settings }, {}))
    closers.add(() => store.close())
    const reader = createJobReader({ db, clock: systemClock })
    await work({
      password: created.ingest_password,
      admin: created.admins[0],
      s3,
      db,
      store,
      reader,
      jobs: () => reader.list({}, 1000),
      serve: () => start(['serve', '--port', '0', '--no-workers']),
      worker: (concurrency, own) => start(['worker', '--concurrency', String(concurrency)], own),
      run,
    })
  } finally {
    await closers.closeAll()
  }

  async function makeDatabaseUrl() {
    const database = await makePostgres()
    closers.add(database.remove)
    return database.url
  }
}

/** The process that works on a job, by the number in the worker's name. */
export const isWorkedOnBy = (job: Job, { child }: Daemon): boolean =>
  job.workerId?.split(':')[1] === String(child.pid)
