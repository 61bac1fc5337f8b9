// Says in a database that it is being filled: how far that is, and from where. While it is there nobody else uses it.
import { z } from 'zod'
import type { Database, Query } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { newId } from '../lib/id.ts'
import { findRow, removeRow, saveRow } from '../settings/rows.ts'

const targetKey = 'transfer'
const sourceKey = 'transfer.source'
/** Rows of the settings that are never copied. */
export const markerKeys = [targetKey, sourceKey]

const markerSchema = z.object({
  /** Of the source: a copy goes on from the same one only. */
  id: z.string(),
  tables: z.partialRecord(
    z.string(),
    z.object({
      isDone: z.boolean(),
      after: z.array(z.union([z.string(), z.number(), z.null()])).optional(),
    }),
  ),
})

export type Marker = z.infer<typeof markerSchema>

export async function findMarker(query: Query): Promise<Marker | undefined> {
  const row = await findRow(query, targetKey)
  return row && markerSchema.parse(JSON.parse(row.value_json))
}

export const saveMarker = (tx: Query, marker: Marker): Promise<void> =>
  saveRow(tx, targetKey, marker, { at: Date.now(), by: 'transfer' })

export const removeMarker = (tx: Query): Promise<void> => removeRow(tx, targetKey)

/** The name under which copies of this database know it. */
export function identify(db: Database): Promise<string> {
  return db.write(async (tx) => {
    const known = await findRow(tx, sourceKey)
    if (known) return z.object({ id: z.string() }).parse(JSON.parse(known.value_json)).id
    const id = newId()
    await saveRow(tx, sourceKey, { id }, { at: Date.now(), by: 'transfer' })
    return id
  })
}

/** @throws AppError database_mismatch: half an installation must not take photos */
export async function assertWhole(query: Query): Promise<void> {
  if (!(await findMarker(query))) return
  throw new AppError('database_mismatch', {
    message:
      'This database is an unfinished copy. Run the same "restore" or "migrate-to" again, it goes on where it stopped.',
  })
}
