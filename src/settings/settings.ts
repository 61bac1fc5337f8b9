// What an administrator can change while the program runs. Read at each use, so that every process sees a change.
import { z } from 'zod'
import type { Database } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { generatePassword, hashPassword } from '../lib/crypto.ts'

const schemas = {
  ingest_password: z.object({ hash: z.string() }),
  sync_response_timeout_sec: z.number(),
  result_retention_hours: z.number(),
  budget_usd_per_day: z.number().nullable(),
}

type Key = keyof typeof schemas
type Value<K extends Key> = z.infer<(typeof schemas)[K]>

export interface Stored<T> {
  value: T
  updatedAt: number
  updatedBy: string | undefined
}

/** What can be set by hand, with its limits; the window stays what booths can be told to wait for. */
export const editableSettings = {
  sync_response_timeout_sec: z
    .int()
    .min(45)
    .max(60)
    .describe('Window in which a booth is answered, in seconds.'),
  result_retention_hours: z.int().min(1).max(8760).describe('How long results are kept, in hours.'),
  budget_usd_per_day: z
    .number()
    .nonnegative()
    .max(1_000_000)
    .nullable()
    .describe('Money for all slots together on one UTC day; null: as much as it takes.'),
} as const

export type EditableKey = keyof typeof editableSettings

export type Settings = ReturnType<typeof createSettings>

interface SettingsDeps {
  db: Database
  clock: Clock
  defaults: { syncResponseSec: number; retentionHours: number }
  /** A start-up override of the window, for tests and rehearsals. */
  syncResponseOverrideMs: number | undefined
}

export function createSettings({ db, clock, defaults, syncResponseOverrideMs }: SettingsDeps) {
  async function find<K extends Key>(key: K): Promise<Stored<Value<K>> | undefined> {
    const row = await db.query.selectFrom('settings').selectAll().where('key', '=', key).executeTakeFirst()
    if (!row) return undefined
    const value = schemas[key].parse(JSON.parse(row.value_json)) as Value<K>
    return { value, updatedAt: row.updated_at, updatedBy: row.updated_by ?? undefined }
  }

  async function save<K extends Key>(key: K, value: Value<K>, by: string | undefined): Promise<void> {
    const change = { value_json: JSON.stringify(value), updated_at: clock.now(), updated_by: by ?? null }
    await db.query
      .insertInto('settings')
      .values({ key, ...change })
      .onConflict((conflict) => conflict.column('key').doUpdateSet(change))
      .execute()
  }

  return {
    async syncResponseMs(): Promise<number> {
      if (syncResponseOverrideMs !== undefined) return syncResponseOverrideMs
      return ((await find('sync_response_timeout_sec'))?.value ?? defaults.syncResponseSec) * 1000
    },

    async retentionHours(): Promise<number> {
      return (await find('result_retention_hours'))?.value ?? defaults.retentionHours
    },

    /** Money for all slots together on one UTC day; undefined: as much as it takes. */
    async dayBudgetUsd(): Promise<number | undefined> {
      return (await find('budget_usd_per_day'))?.value ?? undefined
    },

    /** The slow hash of the ingest password; undefined when none is set yet. */
    ingestPassword: () => find('ingest_password'),

    /** @throws AppError invalid_settings that names the key and what would be right */
    async set(key: string, value: unknown, by: string): Promise<void> {
      if (!isEditable(key)) {
        const known = Object.keys(editableSettings).join(', ')
        throw invalid(key, `Unknown setting "${key}". Known: ${known}.`)
      }
      const parsed = editableSettings[key].safeParse(value)
      if (!parsed.success)
        throw invalid(key, `${key}: ${parsed.error.issues.map((issue) => issue.message).join('; ')}`)
      await save(key, parsed.data as Value<typeof key>, by)
    },

    /** Makes a new ingest password and returns it, the only time that it can be read. The old one stops at once. */
    async rotateIngestPassword(by: string): Promise<string> {
      const password = generatePassword()
      await save('ingest_password', { hash: await hashPassword(password) }, by)
      return password
    },
  }
}

const isEditable = (key: string): key is EditableKey => Object.hasOwn(editableSettings, key)

const invalid = (field: string, message: string) =>
  new AppError('invalid_settings', { message, details: { fields: [{ field, message }] } })
