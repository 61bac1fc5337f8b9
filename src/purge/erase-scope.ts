// Which jobs are to be erased: those of a slot, of a period, or both, read in batches along an index.
import type { Query } from '../db/database.ts'
import { hasOutcome, outcomes } from '../jobs/job-totals.ts'

export interface EraseScope {
  slotId?: string | undefined
  /** Created at or after this, epoch ms. */
  from?: number | undefined
  /** Created before this, epoch ms. */
  to?: number | undefined
}

// The write lock is held for one batch at a time; a booth waits behind it.
const batchSize = 100

/** Final jobs that do not say yet that they are erased. */
export const selectErasable = (query: Query) =>
  query
    .selectFrom('jobs')
    .select(['id', 'result_file_path', 'payload_path', 'attempt', 'created_at'])
    .where('is_finalized', '=', 1)
    .where('erased_at', 'is', null)

export type ErasableRow = Awaited<ReturnType<ReturnType<typeof selectErasable>['execute']>>[number]

export async function listActive(query: Query, { slotId, from, to }: EraseScope): Promise<ErasableRow[]> {
  return query
    .selectFrom('jobs')
    .select(['id', 'result_file_path', 'payload_path', 'attempt', 'created_at'])
    .where('is_finalized', '=', 0)
    .$if(slotId !== undefined, (select) => select.where('slot_id', '=', slotId ?? ''))
    .$if(from !== undefined, (select) => select.where('created_at', '>=', from ?? 0))
    .$if(to !== undefined, (select) => select.where('created_at', '<', to ?? 0))
    .execute()
}

/** Batches of final jobs; each is read when the one before has been dealt with. */
export async function* listEnded(query: Query, scope: EraseScope): AsyncIterable<ErasableRow[]> {
  for (const slotId of await slotIdsOf(query, scope)) {
    for (const outcome of outcomes) {
      let after = { created_at: scope.from ?? 0, id: '' }
      for (;;) {
        const rows = await selectRange(query, { ...scope, slotId, from: after.created_at })
          .where(hasOutcome(outcome))
          .where((eb) => eb.or([eb('created_at', '>', after.created_at), eb('id', '>', after.id)]))
          .orderBy('created_at')
          .orderBy('id')
          .limit(batchSize)
          .execute()
        const last = rows.at(-1)
        if (!last) break
        yield rows
        after = last
      }
    }
  }
}

/** How many final jobs `listEnded` will come by, for a progress bar. */
export async function countEnded(query: Query, scope: EraseScope): Promise<number> {
  let count = 0
  for (const slotId of await slotIdsOf(query, scope)) {
    for (const outcome of outcomes) {
      const { jobs } = await selectRange(query, { ...scope, slotId, from: scope.from ?? 0 })
        .where(hasOutcome(outcome))
        .clearSelect()
        .select((eb) => eb.fn.countAll<number>().as('jobs'))
        .executeTakeFirstOrThrow()
      count += Number(jobs)
    }
  }
  return count
}

const selectRange = (
  query: Query,
  { slotId, from, to }: { slotId: string; from: number; to?: number | undefined },
) =>
  selectErasable(query)
    .where('slot_id', '=', slotId)
    .where('created_at', '>=', from)
    .$if(to !== undefined, (select) => select.where('created_at', '<', to ?? 0))

async function slotIdsOf(query: Query, { slotId }: EraseScope): Promise<string[]> {
  if (slotId !== undefined) return [slotId]
  return (await query.selectFrom('slots').select('id').orderBy('id').execute()).map(({ id }) => id)
}
