// One way to show and to edit a slot, for every endpoint that does.
import type { Database } from '../db/database.ts'
import type { Slot } from '../slots/slot.ts'
import type { SlotChange, Slots } from '../slots/slots.ts'
import { findReset } from '../stats/resets.ts'
import type { Endpoint } from './endpoint.ts'
import { etagOf, toPrecondition } from './slot-precondition.ts'
import { toSlotWire } from './slot-wire.ts'

export interface SlotEditingDeps {
  db: Pick<Database, 'query'>
  slots: Slots
}

export const etagHeader = { ETag: 'The version in quotes; sent back as If-Match with an edit.' }

type SlotEdit = Pick<Parameters<Endpoint['handle']>[0], 'actor' | 'header' | 'setHeader'> & {
  id: string
  change: SlotChange
  /** Of the slot that the caller has seen, epoch ms. */
  updatedAt?: number | undefined
  mustSaySeen: boolean
}

export function createSlotEditing({ db, slots }: SlotEditingDeps) {
  const toWire = (slot: Slot, lastResetAt: number | undefined) =>
    toSlotWire(slot, { closedReason: slots.closedReason(slot), lastResetAt })
  const lastResetOf = async (id: string) => (await findReset(db.query, id))?.resetAt

  return {
    describe: async (slot: Slot) => toWire(slot, await lastResetOf(slot.id)),

    async edit({ id, change, actor, header, setHeader, updatedAt, mustSaySeen }: SlotEdit) {
      const lastResetAt = await lastResetOf(id)
      const slot = await slots.update(
        id,
        { ...change, updatedBy: actor.username },
        toPrecondition({
          ifMatch: header('if-match'),
          updatedAt,
          isRequired: mustSaySeen,
          toWire: (current) => toWire(current, lastResetAt),
        }),
      )
      setHeader('ETag', etagOf(slot))
      return toWire(slot, lastResetAt)
    },
  }
}
