// The 15 slots: reading, editing with validation, and opening one for an ingest.
import type { Database } from '../db/database.ts'
import type { SlotRow } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { type ParsedSettings, type Providers, parseSlotSettings } from './slot-settings.ts'

export interface Slot {
  id: string
  name: string
  providerId: string | undefined
  operationId: string | undefined
  settings: Record<string, unknown>
  isEnabled: boolean
  /** Counts up with each edit. */
  version: number
  createdAt: number
  updatedAt: number
  updatedBy: string | undefined
}

export interface OpenSlot extends ParsedSettings {
  slot: Slot & { providerId: string; operationId: string }
}

export interface SlotChange {
  name?: string
  providerId?: string
  operationId?: string
  settings?: Record<string, unknown>
  isEnabled?: boolean
  updatedBy?: string
}

export type Slots = ReturnType<typeof createSlots>

interface SlotDeps {
  db: Database
  clock: Clock
  providers: Providers
  /** The setting keys under which the slot has template media. */
  listTemplateKeys(slotId: string): Promise<string[]>
}

export function createSlots({ db, clock, providers, listTemplateKeys }: SlotDeps) {
  /** @throws AppError slot_not_found */
  async function get(id: string): Promise<Slot> {
    const row = await db.query.selectFrom('slots').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row)
      throw new AppError('slot_not_found', { message: `There is no slot "${id}".`, details: { slot_id: id } })
    return toSlot(row)
  }

  return {
    get,

    async list(): Promise<Slot[]> {
      const rows = await db.query.selectFrom('slots').selectAll().orderBy('id').execute()
      return rows.map(toSlot)
    },

    /** The slot, ready to take a photo. @throws AppError slot_not_found also when it is off or not configured */
    async getOpen(id: string): Promise<OpenSlot> {
      const slot = await get(id)
      const { providerId, operationId } = slot
      const closed = (message: string, cause?: unknown) =>
        new AppError('slot_not_found', { message, details: { slot_id: id }, cause })
      if (!slot.isEnabled) throw closed(`Slot "${id}" is switched off.`)
      if (providerId === undefined || operationId === undefined)
        throw closed(`Slot "${id}" is not configured.`)
      try {
        const parsed = parseSlotSettings(providers, { providerId, operationId, settings: slot.settings })
        return { ...parsed, slot: { ...slot, providerId, operationId } }
      } catch (cause) {
        throw closed(`Slot "${id}" is not configured: its settings do not fit its operation.`, cause)
      }
    },

    /** Changes what is given and keeps the rest. @throws AppError slot_not_found, invalid_settings */
    async update(id: string, change: SlotChange): Promise<Slot> {
      const slot = await get(id)
      const next = { ...slot, ...withoutUndefined(change) }
      if (next.name.trim() === '' || next.name.length > 100) {
        const message = 'A name has 1 to 100 characters.'
        throw new AppError('invalid_settings', { message, details: { fields: [{ field: 'name', message }] } })
      }
      const { providerId, operationId, settings } = next
      if (providerId !== undefined && operationId !== undefined) {
        const parsed = parseSlotSettings(providers, { providerId, operationId, settings })
        const steps = [
          parsed.first,
          ...parsed.fallbacks,
          ...(parsed.onFailure === 'local' ? [parsed.localEffect] : []),
        ]
        const needed = [...new Set(steps.flatMap(({ operation, settings: own }) => operation.needs(own)))]
        const present = await listTemplateKeys(id)
        const missing = needed.filter((key) => !present.includes(key))
        const unready = steps.filter((step) => providers.get(step.providerId)?.isConfigured?.() === false)
        if (unready.length > 0) {
          const names = [...new Set(unready.map((step) => step.providerId))]
          const variables = names.map((name) => `PHOTOCHANGER_${name.toUpperCase()}_API_KEY`)
          const message = `There is no key for ${names.join(', ')}. Set ${variables.join(', ')} and start again.`
          throw new AppError('invalid_settings', {
            message,
            details: { fields: [{ field: 'provider_id', message }] },
          })
        }
        if (missing.length > 0) {
          const message = `The slot needs template media first: ${missing.join(', ')}.`
          const fields = missing.map((key) => ({ field: `templates.${key}`, message: 'is missing' }))
          throw new AppError('invalid_settings', { message, details: { fields } })
        }
      }
      const row = await db.query
        .updateTable('slots')
        .set((eb) => ({
          name: next.name.trim(),
          provider_id: providerId ?? null,
          operation_id: operationId ?? null,
          settings_json: JSON.stringify(settings),
          is_enabled: next.isEnabled ? 1 : 0,
          version: eb('version', '+', 1),
          updated_at: clock.now(),
          updated_by: change.updatedBy ?? null,
        }))
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow()
      return toSlot(row)
    },
  }
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<T>
}

function toSlot(row: SlotRow): Slot {
  return {
    id: row.id,
    name: row.name,
    providerId: row.provider_id ?? undefined,
    operationId: row.operation_id ?? undefined,
    settings: JSON.parse(row.settings_json),
    isEnabled: row.is_enabled === 1,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by ?? undefined,
  }
}
