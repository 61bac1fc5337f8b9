// The queues that are compared on PostgreSQL: each has a database of its own and takes one job through its whole life in
// `cycle`, from its own pool of connections.
import { createRequire } from 'node:module'
import { Logger, makeWorkerUtils } from 'graphile-worker'
import pg from 'pg'
import PgBoss from 'pg-boss'
import { migrate } from '../../src/db/migrate.ts'
import { openPostgres } from '../../src/db/postgres.ts'
import { createNewJob } from '../support/job.ts'
import { createOwnCycle, insist } from './own-cycle.ts'
import type { Contender } from './queues.ts'

/** As `database_connections` has it by default. */
const connections = 10
const queueName = 'photos'

export async function openOurs(url: string): Promise<Contender> {
  const db = openPostgres({ url, maxConnections: connections, statementTimeoutMs: 5000 })
  await migrate(db)
  return { cycle: createOwnCycle(db), close: db.close }
}

/** Keeps finished jobs as we do; no log, no statistics, no limit, no announcements. */
export async function openPgBoss(url: string): Promise<Contender> {
  const pool = new pg.Pool({ connectionString: url, max: connections })
  pool.on('error', () => undefined) // The server may be ended first where the comparison fails.
  const db = { executeSql: (text: string, values: unknown[]) => pool.query(text, values) }
  // Its maintenance would run at any moment of the comparison.
  const boss = new PgBoss({ db, supervise: false, schedule: false })
  await boss.start()
  await boss.createQueue(queueName)
  return {
    async cycle() {
      await boss.send(queueName, createNewJob())
      const job = await insist(async () => (await boss.fetch(queueName))[0])
      await boss.complete(queueName, job.id)
    },
    async close() {
      await boss.stop({ graceful: false, wait: true })
      await pool.end()
    },
  }
}

/** Announces new jobs as we do and deletes finished ones; no log, no statistics, no limit. */
export async function openGraphileWorker(url: string): Promise<Contender> {
  const pgPool = new pg.Pool({ connectionString: url, max: connections })
  pgPool.on('error', () => undefined)
  const options = { pgPool, logger: new Logger(() => () => undefined) }
  const utils = await makeWorkerUtils(options)
  await utils.migrate()
  const { getJob, completeJob, compiled, withPgClient } = findSteps(options)
  const tasks = { [queueName]: () => undefined }
  return {
    async cycle() {
      await utils.addJob(queueName, createNewJob())
      const job = await insist(() => getJob(compiled, withPgClient, tasks, 'bench', null))
      await completeJob(compiled, withPgClient, 'bench', job)
    },
    async close() {
      await utils.release()
      await pgPool.end()
    },
  }
}

/** What its workers do with each job; the public interface has only whole workers. */
function findSteps(options: { pgPool: pg.Pool; logger: Logger }) {
  const load = createRequire(import.meta.url)
  const lib: typeof import('graphile-worker/dist/lib.js') = load('graphile-worker/dist/lib.js')
  const helpers: typeof import('graphile-worker/dist/helpers.js') = load('graphile-worker/dist/helpers.js')
  const { getJob }: typeof import('graphile-worker/dist/sql/getJob.js') = load(
    'graphile-worker/dist/sql/getJob.js',
  )
  const { completeJob }: typeof import('graphile-worker/dist/sql/completeJob.js') = load(
    'graphile-worker/dist/sql/completeJob.js',
  )
  return {
    getJob,
    completeJob,
    compiled: lib.processSharedOptions(options),
    withPgClient: lib.makeEnhancedWithPgClient(helpers.makeWithPgClientFromPool(options.pgPool)),
  }
}
