// An open slot as a job keeps it.

import type { ParsedStep } from './slot-settings.ts'
import type { OpenSlot } from './slots.ts'
import { fillVariables } from './variables.ts'

export interface SnapshotTemplate {
  settingKey: string
  path: string
  mime: string
}

/** The booth's own photo, upright and without metadata: an effect of strength 0. */
const originalSettings = { effect: 'vivid', strength: 0 }

/** With the prompt variables filled from the booth's fields. */
export function toSnapshot(open: OpenSlot, templates: SnapshotTemplate[], fields: Record<string, unknown>) {
  const { slot, first, fallbacks, onFailure, localEffect, slotWide } = open
  const fill = ({ providerId, operationId, settings }: ParsedStep) => ({
    providerId,
    operationId,
    settings: fillVariables(settings, slotWide.variables, fields),
  })
  const original = {
    providerId: 'local',
    operationId: 'filter',
    settings: { ...originalSettings, format: 'jpeg' },
  }
  const effect = fill(localEffect)
  return {
    name: slot.name,
    version: slot.version,
    ...fill(first),
    fallbacks: fallbacks.map(fill),
    emergency: { error: undefined, original, local: effect }[onFailure],
    budgetEffect: effect,
    hedge: slotWide.hedge,
    budgetMicroUsd:
      slotWide.budget_usd_per_day === undefined
        ? undefined
        : Math.round(slotWide.budget_usd_per_day * 1_000_000),
    templates: Object.fromEntries(
      templates.map(({ settingKey, path, mime }) => [settingKey, { path, mime }]),
    ),
    cancelOnDisconnect: slotWide.cancel_on_disconnect,
    resultRetentionHours: slotWide.result_retention_hours,
  }
}
