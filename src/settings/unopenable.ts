// Sealed settings that an installation's secrets do not open: after a restore without the old ones they are of no use.
import { z } from 'zod'
import type { Query } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Sealer } from '../lib/sealed.ts'
import { removeRow } from './rows.ts'

const sealedSchema = z.looseObject({ sealed: z.string() })

/** By key of the row, the name that its value was sealed under. */
const sealNameOf = (key: string) => (key === 'alerts' ? 'alerts.url' : `${key}.value`)

/** Removes them and returns their keys, `provider_keys.gemini` for one. */
export async function removeUnopenable(tx: Query, sealer: Pick<Sealer, 'open'>): Promise<string[]> {
  const removed: string[] = []
  for (const { key, value_json } of await tx.selectFrom('settings').selectAll().orderBy('key').execute()) {
    const stored = sealedSchema.safeParse(JSON.parse(value_json))
    if (!stored.success || (await opens(sealer, sealNameOf(key), stored.data.sealed))) continue
    if (key === 'alerts') {
      // How alerts are told stays; where they went was sealed.
      const { sealed, host, ...options } = stored.data
      const change = { value_json: JSON.stringify(options) }
      await tx.updateTable('settings').set(change).where('key', '=', key).execute()
    } else await removeRow(tx, key)
    removed.push(key)
  }
  return removed
}

async function opens(sealer: Pick<Sealer, 'open'>, name: string, sealed: string): Promise<boolean> {
  try {
    await sealer.open(name, sealed)
    return true
  } catch (error) {
    if (error instanceof AppError && error.code === 'secret_mismatch') return false
    throw error
  }
}
