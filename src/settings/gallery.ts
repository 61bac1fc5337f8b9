// The public gallery: off unless somebody has switched it on for a while. Kept in the database, so that every process
// knows, and ends by itself.
import { z } from 'zod'
import type { Database } from '../db/database.ts'
import type { Clock } from '../lib/clock.ts'
import { findRow, type RecordChange, removeRow, saveRow } from './rows.ts'

const storedSchema = z.object({ open_until: z.number(), slot_id: z.string().nullable() })

export interface OpenGallery {
  /** Epoch ms. */
  openUntil: number
  /** Undefined: pictures of all slots. */
  slotId: string | undefined
}

export type Gallery = ReturnType<typeof createGallery>

const rowKey = 'gallery'

interface GalleryDeps {
  db: Database
  clock: Clock
  recordChange: RecordChange
}

export function createGallery({ db, clock, recordChange }: GalleryDeps) {
  async function find(query = db.query): Promise<OpenGallery | undefined> {
    const row = await findRow(query, rowKey)
    if (!row) return undefined
    const { open_until: openUntil, slot_id: slotId } = storedSchema.parse(JSON.parse(row.value_json))
    return openUntil > clock.now() ? { openUntil, slotId: slotId ?? undefined } : undefined
  }

  return {
    /** Undefined while it is off. */
    find: () => find(),

    /** From now on; 0 minutes switch it off. */
    async open({ minutes, slotId }: { minutes: number; slotId: string | undefined }, by: string) {
      await db.write(async (tx) => {
        const before = await find(tx)
        const now = clock.now()
        const after = minutes === 0 ? undefined : { openUntil: now + minutes * 60_000, slotId }
        if (after) await saveRow(tx, rowKey, toStored(after), { at: now, by })
        else await removeRow(tx, rowKey)
        if (!before && !after) return
        await recordChange(tx, {
          actor: by,
          action: after ? 'gallery.opened' : 'gallery.closed',
          target: slotId ?? 'all slots',
          before: before ? toReadable(before) : null,
          after: after ? toReadable(after) : null,
        })
      })
    },
  }
}

const toStored = ({ openUntil, slotId }: OpenGallery) => ({ open_until: openUntil, slot_id: slotId ?? null })

const toReadable = ({ openUntil, slotId }: OpenGallery) => ({
  open_until: new Date(openUntil).toISOString(),
  slot_id: slotId ?? null,
})
