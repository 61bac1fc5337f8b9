// What a template is, as a value.
import type { TemplateMediaRow } from '../db/tables.ts'
import { templateKey } from './keys.ts'

export interface Template {
  id: string
  slotId: string
  settingKey: string
  label: string | undefined
  /** As it was uploaded. */
  path: string
  mime: string
  sizeBytes: number
  /** SHA-256, hex. */
  checksum: string
  /** What providers and browsers are given: HEIC, which few of them read, is decoded when it is bound. */
  usable: { path: string; mime: string }
  uploadedBy: string | undefined
  createdAt: number
}

export function usableOf({ id, path, mime }: Pick<TemplateMediaRow, 'id' | 'path' | 'mime'>) {
  const isHeic = mime === 'image/heic' || mime === 'image/heif'
  return isHeic ? { path: templateKey(id, 'image/jpeg'), mime: 'image/jpeg' } : { path, mime }
}

/** What the audit log keeps of a template. */
export const toRecord = ({ id, setting_key, label, mime, size_bytes, checksum }: TemplateMediaRow) => ({
  id,
  setting_key,
  label,
  mime,
  size_bytes,
  checksum,
})

export function toTemplate(row: TemplateMediaRow): Template {
  return {
    id: row.id,
    slotId: row.slot_id,
    settingKey: row.setting_key,
    label: row.label ?? undefined,
    path: row.path,
    mime: row.mime,
    sizeBytes: row.size_bytes,
    checksum: row.checksum,
    usable: usableOf(row),
    uploadedBy: row.uploaded_by ?? undefined,
    createdAt: row.created_at,
  }
}
