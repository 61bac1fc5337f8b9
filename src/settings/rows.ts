// The table of settings: one row for each that somebody has set.

import type { SettingRow } from '../db/administration-tables.ts'
import type { Query } from '../db/database.ts'

export const findRow = (query: Query, key: string): Promise<SettingRow | undefined> =>
  query.selectFrom('settings').selectAll().where('key', '=', key).executeTakeFirst()

export async function saveRow(
  query: Query,
  key: string,
  value: unknown,
  { at, by }: { at: number; by: string },
): Promise<void> {
  const change = { value_json: JSON.stringify(value), updated_at: at, updated_by: by }
  await query
    .insertInto('settings')
    .values({ key, ...change })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(change))
    .execute()
}

export async function removeRow(query: Query, key: string): Promise<void> {
  await query.deleteFrom('settings').where('key', '=', key).execute()
}

/** Writes into the audit log, inside the transaction of the change; never a secret. */
export type RecordChange = (
  tx: Query,
  entry: { actor: string; action: string; target: string; before?: unknown; after?: unknown },
) => Promise<void>
