// Brings the database to this version when nobody of another version works on it.
import { hostname } from 'node:os'
import type { Database } from '../db/database.ts'
import { migrate, readSchema } from '../db/migrate.ts'
import { AppError } from '../errors.ts'
import { createWorkers } from '../health/workers.ts'
import { sleep } from '../lib/abort.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

interface SchemaDeps {
  db: Database
  clock: Clock
  log: Log
  /** How long processes may take to end; one that was killed counts as living for half a minute. */
  patienceMs?: number
}

const lookEveryMs = 500

/** @throws AppError database_mismatch when the database is newer, or others still work on an older one. */
export async function prepareSchema({ db, clock, log, patienceMs = 40_000 }: SchemaDeps): Promise<void> {
  const { version, pending } = await readSchema(db)
  if (version !== '' && pending.length > 0) await waitForOthers({ db, clock, log, patienceMs })
  await migrate(db)
}

async function waitForOthers({ db, clock, log, patienceMs }: Required<SchemaDeps>): Promise<void> {
  const tables = await db.query.introspection.getTables()
  if (!tables.some(({ name }) => name === 'workers')) return // Older still: nobody gave signs of life.
  const workers = createWorkers({ db, clock })
  const giveUpAt = performance.now() + patienceMs
  for (let isTold = false; ; isTold = true) {
    const others = (await workers.listLiving()).filter(isAlive)
    if (others.length === 0) return
    const names = others.map(({ kind, host, pid }) => `${kind} ${host}:${pid}`).join(', ')
    if (!isTold) log.warn({ processes: names }, 'upgrade.waiting')
    if (performance.now() > giveUpAt)
      throw new AppError('database_mismatch', {
        message: `Processes of an older version work on this database: ${names}. Stop them, then start this one.`,
      })
    await sleep(lookEveryMs)
  }
}

/** Of a process on this machine its number tells more than its last sign of life. */
function isAlive({ host, pid }: { host: string; pid: number }): boolean {
  if (host !== hostname()) return true
  if (pid === process.pid) return false // An earlier one that had this number, as in a container started anew.
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
