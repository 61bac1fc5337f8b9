// Signs of life of the processes that work on photos.
import { hostname } from 'node:os'
import type { Database } from '../db/database.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/id.ts'

export const beatEveryMs = 10_000
/** Two beats may be missed. */
const goneAfterMs = 3 * beatEveryMs + 2_000

export interface WorkerLife {
  kind: 'serve' | 'worker'
  concurrency: number
}

export interface LivingWorker {
  kind: string
  host: string
  pid: number
  concurrency: number
}

export type Workers = ReturnType<typeof createWorkers>

export function createWorkers({ db, clock }: { db: Database; clock: Clock }) {
  return {
    /** Photos that can be worked on at once, by all processes that live. */
    async countLanes(): Promise<number> {
      const { lanes } = await db.query
        .selectFrom('workers')
        .select((eb) => eb.fn.sum<number | null>('concurrency').as('lanes'))
        .where('seen_at', '>', clock.now() - goneAfterMs)
        .executeTakeFirstOrThrow()
      return Number(lanes ?? 0)
    },

    /** The processes that live. */
    async listLiving(): Promise<LivingWorker[]> {
      const rows = await db.query
        .selectFrom('workers')
        .select(['kind', 'host', 'pid', 'concurrency'])
        .where('seen_at', '>', clock.now() - goneAfterMs)
        .orderBy('started_at')
        .execute()
      return rows.map(({ kind, host, pid, concurrency }) => ({ kind, host, pid, concurrency }))
    },

    /** One process. `beat` says that it lives and forgets those that do not; `end` says goodbye. */
    enlist({ kind, concurrency }: WorkerLife) {
      const id = newId()
      const startedAt = clock.now()
      return {
        async beat(): Promise<void> {
          const now = clock.now()
          const row = {
            host: hostname(),
            pid: process.pid,
            kind,
            concurrency,
            started_at: startedAt,
            seen_at: now,
          }
          await db.write(
            async (tx) => {
              await tx
                .insertInto('workers')
                .values({ id, ...row })
                .onConflict((conflict) => conflict.column('id').doUpdateSet({ seen_at: now }))
                .execute()
              await tx
                .deleteFrom('workers')
                .where('seen_at', '<=', now - goneAfterMs)
                .execute()
            },
            { durable: false },
          )
        },
        async end(): Promise<void> {
          await db.query.deleteFrom('workers').where('id', '=', id).execute()
        },
      }
    },
  }
}
