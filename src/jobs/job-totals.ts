// How many jobs there are of each outcome, counted as they end: a total costs the same at any age of the table.
import { type Expression, type SqlBool, sql } from 'kysely'
import type { Query, Statement } from '../db/database.ts'
import type { FailureReason, Job } from './job.ts'

/** How a finished job has ended. */
export type Outcome = FailureReason | 'success'

export const outcomes = ['success', 'timeout', 'provider_error', 'cancelled'] as const satisfies Outcome[]

/** For a column of `jobs`: has it ended like this? Written as the indexes over finished jobs are. */
export const hasOutcome = (outcome: Outcome): Expression<SqlBool> =>
  sql<SqlBool>`is_finalized = 1 and coalesce(failure_reason, 'success') = ${outcome}`

/** In the transaction that ends the job. */
export function countEnd(tx: Query, { slotId, failureReason }: Job): Statement {
  return tx
    .insertInto('job_totals')
    .values({ slot_id: slotId, outcome: failureReason ?? 'success', jobs: 1 })
    .onConflict((conflict) =>
      conflict.columns(['slot_id', 'outcome']).doUpdateSet((eb) => ({ jobs: eb('job_totals.jobs', '+', 1) })),
    )
}
