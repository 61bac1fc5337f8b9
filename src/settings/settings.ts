// What an administrator can change while the program runs. Read at each use, so that every process sees a change.
import { z } from 'zod'
import type { Database, Query } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { generatePassword, hashPassword } from '../lib/crypto.ts'
import { type EditableKey, editableSettings, isEditable, pathOf } from './editable.ts'
import { createEventReader, type Event } from './event.ts'
import type { KeyChange, KeyState, ProviderKeys } from './provider-keys.ts'
import { findRow, type RecordChange, saveRow } from './rows.ts'

const schemas = {
  ingest_password: z.object({ hash: z.string() }),
  sync_response_timeout_sec: z.number(),
  result_retention_hours: z.number(),
  budget_usd_per_day: z.number().nullable(),
  event_title: z.string(),
  event_message: z.string(),
  event_link: z.string().nullable(),
  event_color: z.string().nullable(),
}

type Key = keyof typeof schemas
type Value<K extends Key> = z.infer<(typeof schemas)[K]>

export interface Stored<T> {
  value: T
  updatedAt: number
  updatedBy: string | undefined
}

/** Already checked by the schemas of editable.ts. What is not given stays. */
export interface SettingsChange {
  ingestPassword?: string | undefined
  values?: { [K in EditableKey]?: Value<K> | undefined }
  providerKeys?: Record<string, KeyChange | undefined>
}

export interface SettingsState {
  ingestPassword: Omit<Stored<unknown>, 'value'> | undefined
  syncResponseMs: number
  retentionHours: number
  dayBudgetUsd: number | undefined
  event: Event
  providerKeys: Record<string, KeyState>
}

export type Settings = ReturnType<typeof createSettings>

interface SettingsDeps {
  db: Database
  clock: Clock
  defaults: { syncResponseSec: number; retentionHours: number }
  /** A start-up override of the window, for tests and rehearsals. */
  syncResponseOverrideMs: number | undefined
  providerKeys: Pick<ProviderKeys, 'ids' | 'findState' | 'change'>
  recordChange: RecordChange
}

export function createSettings(deps: SettingsDeps) {
  const { db, clock, defaults, syncResponseOverrideMs, providerKeys, recordChange } = deps
  const initial: { [K in EditableKey]: Value<K> } = {
    sync_response_timeout_sec: defaults.syncResponseSec,
    result_retention_hours: defaults.retentionHours,
    budget_usd_per_day: null,
    event_title: '',
    event_message: '',
    event_link: null,
    event_color: null,
  }
  const readEvent = createEventReader({ db })

  async function find<K extends Key>(key: K, query = db.query): Promise<Stored<Value<K>> | undefined> {
    const row = await findRow(query, key)
    if (!row) return undefined
    const value = schemas[key].parse(JSON.parse(row.value_json)) as Value<K>
    return { value, updatedAt: row.updated_at, updatedBy: row.updated_by ?? undefined }
  }

  async function save(tx: Query, key: EditableKey, value: unknown, by: string): Promise<void> {
    const before = (await find(key, tx))?.value ?? initial[key]
    if (before === value) return
    await saveRow(tx, key, value, { at: clock.now(), by })
    await recordChange(tx, {
      actor: by,
      action: 'settings.updated',
      target: pathOf[key],
      before,
      after: value,
    })
  }

  async function savePassword(tx: Query, hash: string, by: string): Promise<void> {
    const before = { is_set: (await find('ingest_password', tx)) !== undefined }
    await saveRow(tx, 'ingest_password', { hash }, { at: clock.now(), by })
    const after = { is_set: true }
    await recordChange(tx, { actor: by, action: 'settings.updated', target: 'dslr_password', before, after })
  }

  /** All of it or nothing. @throws AppError invalid_settings */
  async function change(
    { ingestPassword, values = {}, providerKeys: keys = {} }: SettingsChange,
    by: string,
  ) {
    // Slow on purpose, so outside the transaction.
    const hash = ingestPassword === undefined ? undefined : await hashPassword(ingestPassword)
    await db.write(async (tx) => {
      if (hash !== undefined) await savePassword(tx, hash, by)
      for (const [key, value] of Object.entries(values)) {
        if (value !== undefined && isEditable(key)) await save(tx, key, value, by)
      }
      for (const [id, own] of Object.entries(keys)) {
        if (own) await providerKeys.change(tx, id, own, by)
      }
    })
  }

  async function syncResponseMs(): Promise<number> {
    if (syncResponseOverrideMs !== undefined) return syncResponseOverrideMs
    return ((await find('sync_response_timeout_sec'))?.value ?? defaults.syncResponseSec) * 1000
  }

  async function retentionHours(): Promise<number> {
    return (await find('result_retention_hours'))?.value ?? defaults.retentionHours
  }

  async function dayBudgetUsd(): Promise<number | undefined> {
    return (await find('budget_usd_per_day'))?.value ?? undefined
  }

  return {
    syncResponseMs,
    retentionHours,

    /** Money for all slots together on one UTC day; undefined: as much as it takes. */
    dayBudgetUsd,

    /** How guests' pages are headed. */
    readEvent,

    /** The slow hash of the ingest password; undefined when none is set yet. */
    ingestPassword: () => find('ingest_password'),

    /** Everything that may be shown. */
    async read(): Promise<SettingsState> {
      const password = await find('ingest_password')
      const states = await Promise.all(
        providerKeys.ids.map(async (id) => [id, await providerKeys.findState(id)] as const),
      )
      return {
        ingestPassword: password && { updatedAt: password.updatedAt, updatedBy: password.updatedBy },
        syncResponseMs: await syncResponseMs(),
        retentionHours: await retentionHours(),
        dayBudgetUsd: await dayBudgetUsd(),
        event: await readEvent(),
        providerKeys: Object.fromEntries(states),
      }
    },

    change,

    /** @throws AppError invalid_settings that names the key and what would be right */
    async set(key: string, value: unknown, by: string): Promise<void> {
      if (!isEditable(key)) {
        const known = Object.keys(editableSettings).join(', ')
        throw invalid(key, `Unknown setting "${key}". Known: ${known}.`)
      }
      const parsed = editableSettings[key].safeParse(value)
      if (!parsed.success) throw invalid(key, `${key} ${parsed.error.issues[0]?.message}.`)
      await change({ values: { [key]: parsed.data } }, by)
    },

    /** Makes a new ingest password and returns it, the only time that it can be read. The old one stops at once. */
    async rotateIngestPassword(by: string): Promise<string> {
      const password = generatePassword()
      await change({ ingestPassword: password }, by)
      return password
    },
  }
}

const invalid = (field: string, message: string) =>
  new AppError('invalid_settings', { message, details: { fields: [{ field, message }] } })
