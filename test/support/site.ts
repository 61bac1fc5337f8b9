// An installation whose daemons are real processes.
import * as assert from 'uvu/assert'
import { migrate } from '../../src/db/migrate.ts'
import type { Job } from '../../src/jobs/job.ts'
import { createJobReader } from '../../src/jobs/read-jobs.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { makePlace, openByUrl } from './backends.ts'
import { type Daemon, runProgram, startDaemon } from './program.ts'

export interface Site {
  dataDir: string
  /** What a command has to be told to work on the same installation. */
  env: NodeJS.ProcessEnv
  password: string
  serve(...more: string[]): Promise<Daemon>
  worker(): Promise<Daemon>
  /** `photochanger slots set slot-001` */
  setSlot(provider: string, operation: string, settings: Record<string, unknown>): Promise<void>
  jobs(): Promise<Job[]>
}

/** A window of `seconds`; everything is stopped and removed afterwards. */
export async function withSite(
  seconds: number,
  work: (site: Site) => Promise<void>,
  moreEnv: NodeJS.ProcessEnv = {},
) {
  const place = await makePlace()
  const env = {
    ...place.env,
    PHOTOCHANGER_T_SYNC_RESPONSE_SECONDS: String(seconds),
    PHOTOCHANGER_QUEUE_MAX_IN_FLIGHT_JOBS: '50',
    ...moreEnv,
  }
  const daemons: Daemon[] = []
  const keep = async (starting: Promise<Daemon>) => {
    const daemon = await starting
    daemons.push(daemon)
    return daemon
  }
  const created = JSON.parse((await runProgram(['init', '--json'], env)).stdout)
  const db = openByUrl(place.databaseUrl)
  await migrate(db)
  const reader = createJobReader({ db, clock: systemClock })
  try {
    await work({
      dataDir: place.dataDir,
      env,
      password: created.ingest_password,
      serve: (...more) => keep(startDaemon(['serve', '--port', '0', ...more], env)),
      worker: () => keep(startDaemon(['worker', '--concurrency', '2'], env)),
      async setSlot(provider, operation, settings) {
        const set = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])
        const done = await runProgram(
          ['slots', 'set', 'slot-001', '--provider', provider, '--operation', operation, ...set],
          env,
        )
        assert.is(done.code, 0, done.stderr)
      },
      jobs: () => reader.list({}, 1000),
    })
  } finally {
    for (const daemon of daemons)
      if (daemon.child.exitCode === null && !daemon.child.killed) await daemon.stop('SIGKILL')
    await db.close()
    await place.remove()
  }
}
