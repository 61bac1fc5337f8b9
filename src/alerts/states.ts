// Since when each concern lasts, or has been gone.
import type { Database, Query } from '../db/database.ts'
import type { AlertStateRow } from '../db/health-tables.ts'
import type { Concern } from '../health/concern.ts'

export const listStates = (query: Query): Promise<AlertStateRow[]> =>
  query.selectFrom('alert_states').selectAll().orderBy('since').execute()

export async function noteConcerns(db: Database, concerns: readonly Concern[], now: number): Promise<void> {
  const nameOf = ({ key, subject }: Pick<AlertStateRow, 'key' | 'subject'>) => `${key}\n${subject}`
  const present = new Set(concerns.map(nameOf))
  await db.write(async (tx) => {
    const known = new Map((await listStates(tx)).map((state) => [nameOf(state), state]))
    for (const concern of concerns) {
      const { key, subject } = concern
      const state = known.get(nameOf(concern))
      // What comes back after an all-clear, or was never told, begins anew.
      const isSame = state && (state.gone_at === null || state.is_raised === 1)
      const change = {
        concern_json: JSON.stringify(concern),
        since: isSame ? state.since : now,
        gone_at: null,
      }
      await tx
        .insertInto('alert_states')
        .values({ key, subject, is_raised: 0, notified_at: null, ...change })
        .onConflict((conflict) => conflict.columns(['key', 'subject']).doUpdateSet(change))
        .execute()
    }
    for (const state of known.values()) {
      if (state.gone_at !== null || present.has(nameOf(state))) continue
      await tx
        .updateTable('alert_states')
        .set({ gone_at: now })
        .where('key', '=', state.key)
        .where('subject', '=', state.subject)
        .execute()
    }
  })
}
