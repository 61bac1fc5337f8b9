// Purges that an administrator has asked for: remembered, run in the background, taken up again where a process died.

import type { PurgeRunRow } from '../db/administration-tables.ts'
import type { Database, Query } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/id.ts'
import type { Log } from '../lib/log.ts'
import { addReports, emptyReport, type SweepReport } from './report.ts'
import type { Scope, Sweeper } from './sweeps.ts'

export interface PurgeRun {
  id: string
  scope: Scope
  status: PurgeRunRow['status']
  requestedBy: string
  /** Everything that had expired by then is removed. */
  requestedAt: number
  startedAt: number | undefined
  finishedAt: number | undefined
  /** Pieces of work so far. */
  done: number
  /** So far; with a process that died, a few seconds of its work are missing here. */
  report: SweepReport
  error: string | undefined
}

interface PurgeRunsDeps {
  db: Database
  clock: Clock
  log: Log
  sweeper: Pick<Sweeper, 'sweep'>
  recordAudit(
    tx: Query,
    entry: { actor: string; action: string; target: string; after?: unknown },
  ): Promise<void>
}

const heartbeatMs = 3_000
const staleMs = 20_000
const keptMs = 30 * 86_400_000

export type PurgeRuns = ReturnType<typeof createPurgeRuns>

export function createPurgeRuns({ db, clock, log, sweeper, recordAudit }: PurgeRunsDeps) {
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()

  /** Whose process that is, nobody else runs it; undefined when another was first. */
  async function take(id: string): Promise<PurgeRunRow | undefined> {
    const now = clock.now()
    return db.query
      .updateTable('purge_runs')
      .set({ status: 'running', started_at: now, updated_at: now })
      .where('id', '=', id)
      .where('finished_at', 'is', null)
      .where((eb) => eb.or([eb('status', '=', 'queued'), eb('updated_at', '<=', now - staleMs)]))
      .returningAll()
      .executeTakeFirst()
  }

  /** Changes nothing once another process has taken the run over. */
  async function save(run: PurgeRunRow, change: Partial<PurgeRunRow>): Promise<void> {
    await db.query
      .updateTable('purge_runs')
      .set({ updated_at: clock.now(), ...change })
      .where('id', '=', run.id)
      .where('started_at', '=', run.started_at)
      .where('status', '=', 'running')
      .execute()
  }

  async function run(row: PurgeRunRow): Promise<void> {
    const before = toRun(row)
    const progress = { done: before.done, report_json: JSON.stringify(before.report) }
    const heartbeat = setInterval(() => {
      save(row, progress).catch((error: unknown) => log.warn({ err: error }, 'purge.heartbeat_failed'))
    }, heartbeatMs)
    try {
      const report = await sweeper.sweep({
        scope: before.scope,
        signal: stopping.signal,
        onProgress(done, soFar) {
          progress.done = before.done + done
          progress.report_json = JSON.stringify(addReports(before.report, soFar))
        },
      })
      progress.report_json = JSON.stringify(addReports(before.report, report))
      // One that was stopped halfway is for the next process.
      await save(
        row,
        stopping.signal.aborted
          ? { ...progress, status: 'queued' }
          : { ...progress, status: 'done', finished_at: clock.now() },
      )
    } catch (error) {
      log.error({ purge: row.id, err: error }, 'purge.failed')
      const message = error instanceof AppError ? error.message : new AppError('internal_error').message
      await save(row, { ...progress, status: 'failed', error: message, finished_at: clock.now() })
    } finally {
      clearInterval(heartbeat)
    }
  }

  /** In the background, where nobody else has it. */
  function start(id: string): void {
    if (stopping.signal.aborted) return
    const work = take(id)
      .then((row) => row && run(row))
      // Then it is stale soon, and the scheduler takes it up.
      .catch((error: unknown) => log.error({ purge: id, err: error }, 'purge.abandoned'))
      .finally(() => running.delete(work))
    running.add(work)
  }

  return {
    /** Remembered once it resolves; it runs at once, in the background of this process. */
    async request(scope: Scope, by: string): Promise<PurgeRun> {
      const now = clock.now()
      const row = await db.write(async (tx) => {
        const inserted = await tx
          .insertInto('purge_runs')
          .values({
            id: newId(),
            scope,
            status: 'queued',
            requested_by: by,
            requested_at: now,
            updated_at: now,
            done: 0,
          })
          .returningAll()
          .executeTakeFirstOrThrow()
        await recordAudit(tx, {
          actor: by,
          action: 'purge.requested',
          target: inserted.id,
          after: { scope },
        })
        return inserted
      })
      start(row.id)
      return toRun(row)
    },

    /** @throws AppError purge_not_found */
    async get(id: string): Promise<PurgeRun> {
      const row = await db.query.selectFrom('purge_runs').selectAll().where('id', '=', id).executeTakeFirst()
      if (!row) throw new AppError('purge_not_found')
      return toRun(row)
    },

    /** Starts those that nobody runs: asked for but not begun, or left by a process that died. */
    async resume(): Promise<void> {
      const open = await db.query
        .selectFrom('purge_runs')
        .select('id')
        .where('finished_at', 'is', null)
        .where((eb) => eb.or([eb('status', '=', 'queued'), eb('updated_at', '<=', clock.now() - staleMs)]))
        .orderBy('requested_at')
        .execute()
      for (const { id } of open) start(id)
    },

    async forgetOld(): Promise<void> {
      await db.query
        .deleteFrom('purge_runs')
        .where('finished_at', '<=', clock.now() - keptMs)
        .execute()
    },

    /** Resolves when none runs here any more. */
    async settled(): Promise<void> {
      await Promise.all(running)
    },

    /** What is not done goes back to the queue. */
    async stop(): Promise<void> {
      stopping.abort()
      await Promise.all(running)
    },
  }
}

function toRun(row: PurgeRunRow): PurgeRun {
  return {
    id: row.id,
    scope: row.scope === 'media_objects' ? 'media_objects' : 'full',
    status: row.status,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    done: row.done,
    report: { ...emptyReport(), ...JSON.parse(row.report_json ?? '{}') },
    error: row.error ?? undefined,
  }
}
