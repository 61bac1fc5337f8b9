// Template media: permanent reference pictures bound to a slot under a setting key.
import { copyFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database, Query } from '../db/database.ts'
import type { TemplateMediaRow } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/id.ts'
import type { MediaStore } from '../storage/store.ts'
import { checksumOf } from './checksum.ts'
import { decodeHeic } from './heic.ts'
import { type ImageLimits, inspectImage } from './image.ts'
import { templateKey } from './keys.ts'
import { type Template, toRecord, toTemplate, usableOf } from './template.ts'

export interface NewTemplate {
  slotId: string
  settingKey: string
  localPath: string
  label?: string
  uploadedBy?: string
  replace?: boolean
}

const decodingPatienceMs = 60_000

interface RemovedTemplate {
  slotId: string
  settingKey: string
  /** Only this one; undefined: whichever is bound there. */
  id?: string
  removedBy?: string
  /** Looks inside the transaction whether somebody still needs it, and throws then. */
  assertFree?(tx: Query): Promise<void>
}

/** What a setting key may be. */
export const settingKeyPattern = /^[a-z][a-z0-9_]{0,63}$/
export const settingKeyRule = 'A setting key is lower-case letters, digits and underscores.'

export type Templates = ReturnType<typeof createTemplates>

interface TemplateDeps {
  db: Database
  store: MediaStore
  clock: Clock
  limits: ImageLimits
  recordAudit(
    tx: Query,
    entry: { actor: string; action: string; target: string; before?: unknown; after?: unknown },
  ): Promise<void>
}

export function createTemplates({ db, store, clock, limits, recordAudit }: TemplateDeps) {
  const findBound = (slotId: string, settingKey: string, query: Query = db.query) =>
    query
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
      if (!settingKeyPattern.test(settingKey)) {
        throw new AppError('invalid_request', {
          message: settingKeyRule,
          details: { field: 'setting_key' },
        })
      }
      const assertUnbound = (row: TemplateMediaRow | undefined) => {
        if (!row || replace) return
        throw new AppError('template_exists', {
          details: { slot_id: slotId, setting_key: settingKey, id: row.id },
        })
      }
      assertUnbound(await findBound(slotId, settingKey))
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
        const usable = usableOf(row)
        if (usable.path !== path) {
          await decode(copy, `${copy}.jpg`)
          await store.adopt(usable.path, `${copy}.jpg`, { durable: true })
        }
        await store.adopt(path, copy, { durable: true })
        await db.write(async (tx) => {
          const before = await findBound(slotId, settingKey, tx)
          assertUnbound(before)
          if (before) await tx.deleteFrom('template_media').where('id', '=', before.id).execute()
          await tx.insertInto('template_media').values(row).execute()
          await recordAudit(tx, {
            actor: uploadedBy ?? 'system',
            action: before ? 'template.replaced' : 'template.bound',
            target: slotId,
            ...(before && { before: toRecord(before) }),
            after: toRecord(row),
          })
        })
        return toTemplate(row)
      } catch (error) {
        for (const key of new Set([path, usableOf({ id, path, mime }).path]))
          await store.remove(key, { blindly: true })
        throw error
      } finally {
        await rm(copy, { force: true })
        await rm(`${copy}.jpg`, { force: true })
      }
    },

    /** @throws AppError template_not_found */
    async get(id: string): Promise<Template> {
      const row = await db.query
        .selectFrom('template_media')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst()
      if (!row) throw new AppError('template_not_found', { details: { id } })
      return toTemplate(row)
    },

    async listOfSlot(slotId: string, query: Query = db.query): Promise<Template[]> {
      const rows = await query
        .selectFrom('template_media')
        .selectAll()
        .where('slot_id', '=', slotId)
        .orderBy('setting_key')
        .execute()
      return rows.map(toTemplate)
    },

    /** Unbinds; the sweep removes the file. @throws AppError template_not_found, and what `assertFree` throws */
    async unbind({ slotId, settingKey, id, removedBy, assertFree }: RemovedTemplate): Promise<void> {
      await db.write(async (tx) => {
        const row = await findBound(slotId, settingKey, tx)
        if (!row || (id !== undefined && row.id !== id)) {
          throw new AppError('template_not_found', {
            details: { slot_id: slotId, setting_key: settingKey, ...(id && { id }) },
          })
        }
        await assertFree?.(tx)
        await tx.deleteFrom('template_media').where('id', '=', row.id).execute()
        await recordAudit(tx, {
          actor: removedBy ?? 'system',
          action: 'template.removed',
          target: slotId,
          before: toRecord(row),
        })
      })
    },

    async listKnownIds(ids: readonly string[]): Promise<Set<string>> {
      if (ids.length === 0) return new Set()
      const rows = await db.query.selectFrom('template_media').select('id').where('id', 'in', ids).execute()
      return new Set(rows.map((row) => row.id))
    },
  }
}

async function decode(sourcePath: string, targetPath: string): Promise<void> {
  try {
    await decodeHeic(sourcePath, targetPath, AbortSignal.timeout(decodingPatienceMs))
  } catch (cause) {
    const isAtFault = cause instanceof AppError || (cause instanceof Error && cause.name === 'TimeoutError')
    if (!isAtFault) throw cause
    const message = 'The HEIC picture cannot be decoded.'
    throw new AppError('invalid_request', { message, details: { reason: 'undecodable' }, cause })
  }
}
