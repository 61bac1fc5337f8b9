// Money by slot and UTC day, the one counter that budgets are checked against and that is shown; and what a job has cost.
import type { Query } from '../db/database.ts'

const dayMs = 86_400_000
const dayOf = (at: number) => at - (at % dayMs)

export async function addSpend(
  query: Query,
  slotId: string,
  at: number,
  { microUsd, calls }: { microUsd: number; calls: number },
): Promise<void> {
  if (microUsd === 0) return
  await query
    .insertInto('spend_daily')
    .values({ slot_id: slotId, day_start: dayOf(at), micro_usd: microUsd, calls })
    .onConflict((conflict) =>
      conflict.columns(['slot_id', 'day_start']).doUpdateSet((eb) => ({
        micro_usd: eb('spend_daily.micro_usd', '+', microUsd),
        calls: eb('spend_daily.calls', '+', calls),
      })),
    )
    .execute()
}

/** Of all slots together where none is named. */
export async function readSpend(query: Query, slotId: string | undefined, at: number): Promise<number> {
  const { spent } = await query
    .selectFrom('spend_daily')
    .select((eb) => eb.fn.sum<number | null>('micro_usd').as('spent'))
    .where('day_start', '=', dayOf(at))
    .$if(slotId !== undefined, (rows) => rows.where('slot_id', '=', slotId ?? ''))
    .executeTakeFirstOrThrow()
  return Number(spent ?? 0)
}

/** With the spend of its calls, in the same transaction. */
export async function addJobCost(query: Query, jobId: string, microUsd: number): Promise<void> {
  if (microUsd === 0) return
  await query
    .updateTable('jobs')
    .set((eb) => ({ cost_micro_usd: eb('cost_micro_usd', '+', microUsd) }))
    .where('id', '=', jobId)
    .execute()
}
