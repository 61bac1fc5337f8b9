// How commands print a slot.
import { toSlotWire, toTemplateWire } from '../api/slot-wire.ts'
import type { App } from '../app.ts'
import type { Slot } from '../slots/slot.ts'
import { findReset } from '../stats/resets.ts'
import type { CommandContext } from './context.ts'
import { formatTime, printFields, printJson } from './output.ts'

export function stateOf(slot: Slot): string {
  if (!slot.isEnabled) return 'off'
  return slot.providerId === undefined ? 'not configured' : 'on'
}

export async function showSlot(context: CommandContext, app: App, slot: Slot, { json }: { json?: boolean }) {
  const templates = await app.templates.listOfSlot(slot.id)
  if (json) {
    printJson(context, { ...(await toWire(app, slot)), template_media: templates.map(toTemplateWire) })
    return
  }
  printFields(context, {
    slot: slot.id,
    name: slot.name,
    provider: slot.providerId,
    operation: slot.operationId,
    state: stateOf(slot),
    settings: JSON.stringify(slot.settings),
    templates: templates.map(({ settingKey, mime }) => `${settingKey} (${mime})`).join(', ') || undefined,
    version: slot.version,
    changed: slot.updatedBy ? `${formatTime(slot.updatedAt)} by ${slot.updatedBy}` : undefined,
  })
}

export const toWire = async ({ slots, db }: App, slot: Slot) =>
  toSlotWire(slot, {
    closedReason: slots.closedReason(slot),
    lastResetAt: (await findReset(db.query, slot.id))?.resetAt,
  })
