// Slots, their pictures and their templates as the API and `--json` show them.
import { z } from 'zod'
import type { RecentResult } from '../jobs/recent-results.ts'
import { toIso } from '../lib/clock.ts'
import type { Links } from '../media/links.ts'
import type { Template } from '../media/template.ts'
import type { Slot, SlotContent } from '../slots/slot.ts'
import { timeSchema, toTime } from './parameters.ts'

export const slotIdSchema = z.string().max(40).meta({ example: 'slot-001' })

/** What an edit changes and a version keeps. */
export const slotContentSchema = z.object({
  name: z.string(),
  provider_id: z.string().nullable(),
  operation_id: z.string().nullable(),
  settings_json: z.record(z.string(), z.unknown()),
  is_enabled: z.boolean(),
})

export const slotSchema = slotContentSchema
  .extend({
    id: slotIdSchema,
    is_open: z.boolean().describe('Whether it takes photos now.'),
    closed_reason: z.string().nullable().describe('Why it does not.'),
    version: z.int().describe('Counts up with each edit; the ETag.'),
    updated_at: timeSchema,
    updated_by: z.string().nullable(),
    last_reset_at: timeSchema.nullable().describe('From when its statistics count.'),
  })
  .meta({ id: 'Slot' })

export const templateSchema = z
  .object({
    id: z.uuid(),
    slot_id: slotIdSchema,
    setting_key: z.string(),
    label: z.string().nullable(),
    mime: z.string(),
    size_bytes: z.int(),
    checksum: z.string().describe('SHA-256, hex.'),
    uploaded_by: z.string().nullable(),
    created_at: timeSchema,
  })
  .meta({ id: 'TemplateMedia' })

export const recentResultSchema = z
  .object({
    job_id: z.uuid(),
    thumbnail_url: z.url(),
    download_url: z.url(),
    completed_at: timeSchema,
    result_expires_at: timeSchema,
    mime: z.string(),
    size_bytes: z.int(),
  })
  .meta({ id: 'RecentResult' })

export function toContentWire(content: SlotContent) {
  return {
    name: content.name,
    provider_id: content.providerId ?? null,
    operation_id: content.operationId ?? null,
    settings_json: content.settings,
    is_enabled: content.isEnabled,
  }
}

interface SlotState {
  closedReason: string | undefined
  lastResetAt: number | undefined
}

export function toSlotWire(slot: Slot, { closedReason, lastResetAt }: SlotState) {
  return {
    id: slot.id,
    ...toContentWire(slot),
    is_open: closedReason === undefined,
    closed_reason: closedReason ?? null,
    version: slot.version,
    updated_at: toIso(slot.updatedAt),
    updated_by: slot.updatedBy ?? null,
    last_reset_at: toTime(lastResetAt),
  }
}

export function toTemplateWire(template: Template) {
  return {
    id: template.id,
    slot_id: template.slotId,
    setting_key: template.settingKey,
    label: template.label ?? null,
    mime: template.mime,
    size_bytes: template.sizeBytes,
    checksum: template.checksum,
    uploaded_by: template.uploadedBy ?? null,
    created_at: toIso(template.createdAt),
  }
}

export function toRecentResultWire(result: RecentResult, links: Pick<Links, 'result' | 'thumbnail'>) {
  return {
    job_id: result.jobId,
    thumbnail_url: links.thumbnail(result.jobId),
    download_url: links.result(result.jobId),
    completed_at: toIso(result.completedAt),
    result_expires_at: toIso(result.expiresAt),
    mime: result.mime,
    size_bytes: result.sizeBytes,
  }
}
