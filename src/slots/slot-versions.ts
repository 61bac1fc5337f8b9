// The history of the slots: each edit writes a version, and no version ever changes.
import type { Database, Query } from '../db/database.ts'
import type { SlotVersionRow } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import { type Slot, type SlotContent, toContent, toContentRow } from './slot.ts'
import { type Difference, diffSlots } from './slot-diff.ts'

export interface SlotVersion extends SlotContent {
  version: number
  createdAt: number
  createdBy: string | undefined
  comment: string | undefined
}

export interface ListedVersion extends SlotVersion {
  /** Against the version before it; empty for the oldest. */
  changes: Difference[]
}

export type SlotVersions = ReturnType<typeof createSlotVersions>

export function createSlotVersions({ db }: { db: Database }) {
  const ofSlot = (slotId: string) => db.query.selectFrom('slot_versions').where('slot_id', '=', slotId)

  return {
    /** @throws AppError version_not_found */
    async get(slotId: string, version: number): Promise<SlotVersion> {
      const row = await ofSlot(slotId).selectAll().where('version', '=', version).executeTakeFirst()
      if (row) return toVersion(row)
      throw new AppError('version_not_found', {
        message: `Slot "${slotId}" has no version ${version}.`,
        details: { slot_id: slotId, version },
      })
    },

    /** Newest first. */
    async list(slotId: string, { offset, limit }: { offset: number; limit: number }) {
      const [rows, { total }] = await Promise.all([
        // One more, to compare the last one with.
        ofSlot(slotId)
          .selectAll()
          .orderBy('version', 'desc')
          .offset(offset)
          .limit(limit + 1)
          .execute(),
        ofSlot(slotId)
          .select((eb) => eb.fn.countAll<number>().as('total'))
          .executeTakeFirstOrThrow(),
      ])
      const versions = rows.map(toVersion)
      const items = versions.slice(0, limit).map((version, index): ListedVersion => {
        const previous = versions[index + 1]
        return { ...version, changes: previous ? diffSlots(previous, version) : [] }
      })
      return { items, total: Number(total) }
    },
  }
}

/** Part of the transaction that changes the slot. */
export async function recordVersion(tx: Query, slot: Slot, comment: string | undefined): Promise<void> {
  await tx
    .insertInto('slot_versions')
    .values({
      slot_id: slot.id,
      version: slot.version,
      ...toContentRow(slot),
      created_at: slot.updatedAt,
      created_by: slot.updatedBy ?? null,
      comment: comment ?? null,
    })
    .execute()
}

function toVersion(row: SlotVersionRow): SlotVersion {
  return {
    ...toContent(row),
    version: row.version,
    createdAt: row.created_at,
    createdBy: row.created_by ?? undefined,
    comment: row.comment ?? undefined,
  }
}
