// What a slot is, as a value.
import type { SlotRow } from '../db/tables.ts'

/** What an administrator edits, and what a version keeps. */
export interface SlotContent {
  name: string
  providerId: string | undefined
  operationId: string | undefined
  settings: Record<string, unknown>
  isEnabled: boolean
}

export interface Slot extends SlotContent {
  id: string
  /** Counts up with each edit. */
  version: number
  createdAt: number
  /** Grows with each edit, even with two in one millisecond. */
  updatedAt: number
  updatedBy: string | undefined
}

type ContentRow = Pick<SlotRow, 'name' | 'provider_id' | 'operation_id' | 'settings_json' | 'is_enabled'>

export function toContent(row: ContentRow): SlotContent {
  return {
    name: row.name,
    providerId: row.provider_id ?? undefined,
    operationId: row.operation_id ?? undefined,
    settings: JSON.parse(row.settings_json),
    isEnabled: row.is_enabled === 1,
  }
}

export function toContentRow(content: SlotContent): ContentRow {
  return {
    name: content.name,
    provider_id: content.providerId ?? null,
    operation_id: content.operationId ?? null,
    settings_json: JSON.stringify(content.settings),
    is_enabled: content.isEnabled ? 1 : 0,
  }
}

export function toSlot(row: SlotRow): Slot {
  return {
    id: row.id,
    ...toContent(row),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by ?? undefined,
  }
}
