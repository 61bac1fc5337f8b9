// Template media: permanent reference pictures bound to a slot under a setting key.
import { copyFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from '../db/database.ts'
import type { TemplateMediaRow } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/id.ts'
import type { MediaStore } from '../storage/store.ts'
import { checksumOf } from './checksum.ts'
import { type ImageLimits, inspectImage } from './image.ts'
import { templateKey } from './keys.ts'

export interface Template {
  id: string
  slotId: string
  settingKey: string
  label: string | undefined
  path: string
  mime: string
  sizeBytes: number
  /** SHA-256, hex. */
  checksum: string
  uploadedBy: string | undefined
  createdAt: number
}

export interface NewTemplate {
  slotId: string
  settingKey: string
  localPath: string
  label?: string
  uploadedBy?: string
  replace?: boolean
}

export type Templates = ReturnType<typeof createTemplates>

interface TemplateDeps {
  db: Database
  store: MediaStore
  clock: Clock
  limits: ImageLimits
}

export function createTemplates({ db, store, clock, limits }: TemplateDeps) {
  const bound = (slotId: string, settingKey: string) =>
    db.query
      .selectFrom('template_media')
      .selectAll()
      .where('slot_id', '=', slotId)
      .where('setting_key', '=', settingKey)
      .executeTakeFirst()

  return {
    /**
     * Copies the local file in. Jobs that run keep the picture they were created with: a replaced file
     * stays until the sweep finds that nobody names it.
     * @throws AppError template_exists without `replace`; as `inspectImage`
     */
    async bind({
      slotId,
      settingKey,
      localPath,
      label,
      uploadedBy,
      replace,
    }: NewTemplate): Promise<Template> {
      if (!/^[a-z][a-z0-9_]{0,63}$/.test(settingKey)) {
        throw new AppError('invalid_request', {
          message: 'A setting key is lower-case letters, digits and underscores.',
          details: { field: 'setting_key' },
        })
      }
      if (!replace && (await bound(slotId, settingKey))) {
        throw new AppError('template_exists', { details: { slot_id: slotId, setting_key: settingKey } })
      }
      const { mime } = await inspectImage(localPath, limits)
      const id = newId()
      const path = templateKey(id, mime)
      const copy = join(store.scratchDir, id)
      try {
        await copyFile(localPath, copy)
        const row: TemplateMediaRow = {
          id,
          slot_id: slotId,
          setting_key: settingKey,
          label: label ?? null,
          path,
          mime,
          size_bytes: (await stat(copy)).size,
          checksum: await checksumOf(copy),
          uploaded_by: uploadedBy ?? null,
          created_at: clock.now(),
        }
        await store.adopt(path, copy, { durable: true })
        await db.write(async (tx) => {
          await tx
            .deleteFrom('template_media')
            .where('slot_id', '=', slotId)
            .where('setting_key', '=', settingKey)
            .execute()
          await tx.insertInto('template_media').values(row).execute()
        })
        return toTemplate(row)
      } finally {
        await rm(copy, { force: true })
      }
    },

    async listOfSlot(slotId: string): Promise<Template[]> {
      const rows = await db.query
        .selectFrom('template_media')
        .selectAll()
        .where('slot_id', '=', slotId)
        .orderBy('setting_key')
        .execute()
      return rows.map(toTemplate)
    },

    /** Unbinds; the sweep removes the file. @throws AppError template_not_found */
    async unbind(slotId: string, settingKey: string): Promise<void> {
      const { numDeletedRows } = await db.query
        .deleteFrom('template_media')
        .where('slot_id', '=', slotId)
        .where('setting_key', '=', settingKey)
        .executeTakeFirst()
      if (numDeletedRows === 0n) {
        throw new AppError('template_not_found', { details: { slot_id: slotId, setting_key: settingKey } })
      }
    },

    async listKnownIds(ids: readonly string[]): Promise<Set<string>> {
      if (ids.length === 0) return new Set()
      const rows = await db.query.selectFrom('template_media').select('id').where('id', 'in', ids).execute()
      return new Set(rows.map((row) => row.id))
    },
  }
}

function toTemplate(row: TemplateMediaRow): Template {
  return {
    id: row.id,
    slotId: row.slot_id,
    settingKey: row.setting_key,
    label: row.label ?? undefined,
    path: row.path,
    mime: row.mime,
    sizeBytes: row.size_bytes,
    checksum: row.checksum,
    uploadedBy: row.uploaded_by ?? undefined,
    createdAt: row.created_at,
  }
}
