// A site of several processes: `serve --no-workers` and any number of `worker`, on PostgreSQL and one shared folder.
import { makeFolder } from '../support/folder.ts'
import { type Daemon, startDaemon } from '../support/program.ts'
import { pidOf } from './process.ts'
import { openSite, type Site } from './site.ts'

export interface WorkersSite extends Site {
  /** Of commands that work on it. */
  env: Record<string, string>
  startWorkers(count: number, concurrency: number): Promise<Workers>
}

export interface Workers {
  pids: number[]
  stop(): Promise<void>
}

export async function openWorkersSite(
  databaseUrl: string,
  slot: readonly string[],
  more: Record<string, string> = {},
): Promise<WorkersSite> {
  const folder = await makeFolder()
  const env = {
    PHOTOCHANGER_DATA_DIR: folder.path,
    PHOTOCHANGER_DATABASE_URL: databaseUrl,
    PHOTOCHANGER_QUEUE_MAX_IN_FLIGHT_JOBS: '64',
    ...more,
  }
  const site = await openSite([slot], { folder, env, flags: ['--no-workers'] })
  return {
    ...site,
    env,
    async startWorkers(count, concurrency) {
      const args = ['worker', '--concurrency', String(concurrency)]
      const daemons: Daemon[] = await Promise.all(Array.from({ length: count }, () => startDaemon(args, env)))
      return {
        pids: daemons.map(({ child }) => pidOf(child)),
        async stop() {
          await Promise.all(daemons.map((daemon) => daemon.stop()))
        },
      }
    },
  }
}
