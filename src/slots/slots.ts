// The 15 slots: reading, editing with validation and history, and opening one for an ingest.
import type { Database, Query } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { assertReady, examine, neededTemplatesOf, problemsOf } from './readiness.ts'
import { type Slot, type SlotContent, toContentRow, toSlot } from './slot.ts'
import { diffSlots } from './slot-diff.ts'
import { type FieldProblem, type ParsedSettings, type Providers, parseSlotSettings } from './slot-settings.ts'
import { recordVersion } from './slot-versions.ts'

export interface OpenSlot extends ParsedSettings {
  slot: Slot & { providerId: string; operationId: string }
}

/** What is undefined stays as it is; null for provider and operation makes the slot empty. */
export interface SlotChange {
  name?: string | undefined
  providerId?: string | null | undefined
  operationId?: string | null | undefined
  settings?: Record<string, unknown> | undefined
  isEnabled?: boolean | undefined
  updatedBy?: string | undefined
  /** Kept with the version. */
  comment?: string
}

export type Slots = ReturnType<typeof createSlots>

interface SlotDeps {
  db: Database
  clock: Clock
  providers: Providers
  /** The setting keys under which the slot has template media. */
  listTemplateKeys(slotId: string, query?: Query): Promise<string[]>
  recordAudit(
    tx: Query,
    entry: { actor: string; action: string; target: string; before: unknown; after: unknown },
  ): Promise<void>
}

export function createSlots({ db, clock, providers, listTemplateKeys, recordAudit }: SlotDeps) {
  /** @throws AppError slot_not_found */
  async function get(id: string, query: Query = db.query): Promise<Slot> {
    const row = await query.selectFrom('slots').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row)
      throw new AppError('slot_not_found', { message: `There is no slot "${id}".`, details: { slot_id: id } })
    return toSlot(row)
  }

  /** What an ingest works with. @throws AppError slot_not_found when the slot takes no photos now */
  function open(slot: Slot): OpenSlot {
    const { id, providerId, operationId } = slot
    const closed = (message: string, cause?: unknown) =>
      new AppError('slot_not_found', { message, details: { slot_id: id }, cause })
    if (!slot.isEnabled) throw closed(`Slot "${id}" is switched off.`)
    if (providerId === undefined || operationId === undefined) throw closed(`Slot "${id}" is not configured.`)
    try {
      const parsed = parseSlotSettings(providers, { providerId, operationId, settings: slot.settings })
      return { ...parsed, slot: { ...slot, providerId, operationId } }
    } catch (cause) {
      throw closed(`Slot "${id}" is not configured: its settings do not fit its operation.`, cause)
    }
  }

  /** Empty for a slot that takes no photos. */
  function neededTemplates(slot: Slot): string[] {
    try {
      return neededTemplatesOf(open(slot))
    } catch (error) {
      if (error instanceof AppError) return []
      throw error
    }
  }

  return {
    get,

    async list(): Promise<Slot[]> {
      const rows = await db.query.selectFrom('slots').selectAll().orderBy('id').execute()
      return rows.map(toSlot)
    },

    /** The slot, ready to take a photo. @throws AppError slot_not_found also when it is off or not configured */
    getOpen: async (id: string): Promise<OpenSlot> => open(await get(id)),

    /** Why the slot takes no photos now; undefined when it does. */
    closedReason(slot: Slot): string | undefined {
      try {
        open(slot)
        return undefined
      } catch (error) {
        if (error instanceof AppError) return error.message
        throw error
      }
    },

    neededTemplates,

    /** Why the slot as it is could not be saved now; empty when nothing is wrong. */
    async listProblems(slot: Slot): Promise<FieldProblem[]> {
      return problemsOf(await examine(providers, slot), await listTemplateKeys(slot.id))
    },

    /** Inside the transaction that removes the template. @throws AppError template_in_use */
    async assertTemplateFree(id: string, settingKey: string, tx: Query): Promise<void> {
      if (!neededTemplates(await get(id, tx)).includes(settingKey)) return
      throw new AppError('template_in_use', {
        message: `Slot "${id}" cannot work without its template "${settingKey}".`,
        details: { slot_id: id, setting_key: settingKey },
      })
    },

    /**
     * Changes what is given and keeps the rest. `assertCurrent` sees the slot that the change would replace, and
     * throws when the caller has seen another one.
     * @throws AppError slot_not_found, invalid_settings; whatever `assertCurrent` throws
     */
    async update(
      id: string,
      change: SlotChange,
      assertCurrent: (current: Slot) => void = () => undefined,
    ): Promise<Slot> {
      for (;;) {
        const current = await get(id)
        assertCurrent(current)
        const next = applyChange(current, change)
        const isExamined = touchesContent(change) || (next.isEnabled && !current.isEnabled)
        const findings = await examine(providers, isExamined ? next : { ...emptyContent, name: next.name })
        // The keys of providers are looked up outside of the transaction; that what was examined is still there, inside.
        const saved = await db.write(async (tx) => {
          if ((await get(id, tx)).version !== current.version) return undefined
          assertReady(findings, await listTemplateKeys(id, tx))
          return save(tx, current, next, change)
        })
        if (saved) return saved
      }
    },
  }

  async function save(tx: Query, current: Slot, next: SlotContent, change: SlotChange): Promise<Slot> {
    const { updatedBy, comment } = change
    const row = await tx
      .updateTable('slots')
      .set({
        ...toContentRow(next),
        version: current.version + 1,
        updated_at: Math.max(clock.now(), current.updatedAt + 1),
        updated_by: updatedBy ?? null,
      })
      .where('id', '=', current.id)
      .returningAll()
      .executeTakeFirstOrThrow()
    const slot = toSlot(row)
    await recordVersion(tx, slot, comment)
    const changes = diffSlots(current, slot)
    const valuesOf = (side: 'before' | 'after') =>
      Object.fromEntries(changes.map((difference) => [difference.path, difference[side] ?? null]))
    await recordAudit(tx, {
      actor: updatedBy ?? 'system',
      action: 'slot.updated',
      target: slot.id,
      before: { version: current.version, ...valuesOf('before') },
      after: { version: slot.version, ...(comment && { comment }), ...valuesOf('after') },
    })
    return slot
  }
}

const emptyContent: SlotContent = {
  name: '',
  providerId: undefined,
  operationId: undefined,
  settings: {},
  isEnabled: false,
}

function applyChange(current: Slot, change: SlotChange): SlotContent {
  const { providerId = current.providerId, operationId = current.operationId } = change
  return {
    name: (change.name ?? current.name).trim(),
    providerId: providerId ?? undefined,
    operationId: operationId ?? undefined,
    settings: change.settings ?? current.settings,
    isEnabled: change.isEnabled ?? current.isEnabled,
  }
}

/** A slot that has stopped being valid can still be renamed and switched off. */
const touchesContent = ({ providerId, operationId, settings }: SlotChange): boolean =>
  [providerId, operationId, settings].some((value) => value !== undefined)
