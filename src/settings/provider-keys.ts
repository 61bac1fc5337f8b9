// Keys and addresses of the vendors: sealed in the settings, or from the environment where none are stored.
// A key and the address that it is sent to come from one place: whoever may set an address must not thereby learn a key.
import { z } from 'zod'
import type { Database, Query } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import type { Sealer, Secrets } from '../lib/sealed.ts'
import type { Access } from '../providers/provider.ts'
import { findRow, type RecordChange, removeRow, saveRow } from './rows.ts'

const storedSchema = z.object({
  sealed: z.string().optional(),
  extra: z.object({ base_url: z.string().optional() }),
})

type Stored = z.infer<typeof storedSchema>

export interface KeyChange {
  /** Null removes the key, and the address unless one is given with it. */
  value?: string | null | undefined
  /** Null removes the address. */
  extra?: { base_url?: string | null | undefined } | null | undefined
}

export interface KeyState {
  /** Where the key in force comes from, or the address where no key is needed. */
  source: 'settings' | 'environment' | undefined
  /** The stored address. */
  baseUrl: string | undefined
  updatedAt: number | undefined
  updatedBy: string | undefined
}

export type ProviderKeys = ReturnType<typeof createProviderKeys>

interface ProviderKeysDeps {
  db: Database
  clock: Clock
  secrets: Secrets
  sealer: Sealer
  recordChange: RecordChange
  /** By id of the provider; every provider that can have a key is named. */
  environment: Readonly<Record<string, Access>>
}

export function createProviderKeys(deps: ProviderKeysDeps) {
  const { db, clock, secrets, sealer, recordChange, environment } = deps
  const ids = Object.keys(environment)
  /** The newest row of each provider, opened: only a changed one is opened again. */
  const opened = new Map<string, { json: string; access: Access }>()

  async function toAccess(id: string, { sealed, extra }: Stored): Promise<Access> {
    const apiKey = sealed === undefined ? undefined : await sealer.open(sealNameOf(id), sealed)
    if (extra.base_url !== undefined) return { apiKey, baseUrl: extra.base_url }
    const fromEnvironment = environment[id]
    return apiKey === undefined
      ? (fromEnvironment ?? { apiKey: undefined, baseUrl: undefined })
      : { apiKey, baseUrl: fromEnvironment?.baseUrl }
  }

  return {
    ids,

    /** In force now. @throws AppError auth_config when the stored key cannot be opened */
    async findAccess(id: string): Promise<Access> {
      const row = await findRow(db.query, rowKeyOf(id))
      if (!row) return environment[id] ?? { apiKey: undefined, baseUrl: undefined }
      const known = opened.get(id)
      if (known?.json === row.value_json) return known.access
      try {
        const access = await toAccess(id, parse(row.value_json))
        opened.set(id, { json: row.value_json, access })
        return access
      } catch (cause) {
        if (!(cause instanceof AppError)) throw cause
        throw new AppError('auth_config', { message: `${cause.message} Set the key again.`, cause })
      }
    },

    async findState(id: string): Promise<KeyState> {
      const row = await findRow(db.query, rowKeyOf(id))
      const stored = row && parse(row.value_json)
      const isInEnvironment = environment[id]?.apiKey !== undefined || environment[id]?.baseUrl !== undefined
      return {
        source: stored ? 'settings' : isInEnvironment ? 'environment' : undefined,
        baseUrl: stored?.extra.base_url,
        updatedAt: row?.updated_at,
        updatedBy: row?.updated_by ?? undefined,
      }
    },

    /** @throws AppError invalid_settings when an old key would go to a new address */
    async change(tx: Query, id: string, change: KeyChange, by: string): Promise<void> {
      const key = rowKeyOf(id)
      const row = await findRow(tx, key)
      const before: Stored = row ? parse(row.value_json) : { extra: {} }
      assertKeyIsGivenAgain(id, before, change)
      // Under the write lock: a rotation in another process may have made a newer secret.
      if (typeof change.value === 'string') await secrets.reload()
      const sealed =
        typeof change.value === 'string'
          ? sealer.seal(sealNameOf(id), change.value)
          : change.value === null
            ? undefined
            : before.sealed
      const baseUrl = nextBaseUrl(before, change)
      const after: Stored = {
        ...(sealed !== undefined && { sealed }),
        extra: baseUrl === undefined ? {} : { base_url: baseUrl },
      }
      if (JSON.stringify(after) === JSON.stringify(before)) return
      if (baseUrl !== undefined && sealed === undefined && environment[id]?.apiKey !== undefined) {
        throw refused(id, 'must be given with the address, as the key of the environment is not sent there')
      }
      if (sealed === undefined && baseUrl === undefined) await removeRow(tx, key)
      else await saveRow(tx, key, after, { at: clock.now(), by })
      await recordChange(tx, {
        actor: by,
        action: 'settings.updated',
        target: key,
        before: toReadable(before),
        after: toReadable(after),
      })
    },

    /** Seals everything under the first secret that is not yet, and says how many that were. */
    async resealAll(tx: Query): Promise<number> {
      let count = 0
      for (const row of await listRows(tx)) {
        const stored = parse(row.value_json)
        if (stored.sealed === undefined || sealer.isCurrent(stored.sealed)) continue
        const name = sealNameOf(row.key.slice(prefix.length))
        const sealed = sealer.seal(name, await sealer.open(name, stored.sealed))
        // Who has set it, and when, stays.
        const value_json = JSON.stringify({ ...stored, sealed })
        await tx.updateTable('settings').set({ value_json }).where('key', '=', row.key).execute()
        count += 1
      }
      return count
    },

    /** Every sealed value there is. */
    async listSealed(tx: Query): Promise<string[]> {
      return (await listRows(tx)).flatMap(({ value_json }) => parse(value_json).sealed ?? [])
    },
  }
}

const prefix = 'provider_keys.'
const rowKeyOf = (id: string) => `${prefix}${id}`
const sealNameOf = (id: string) => `${prefix}${id}.value`

const parse = (json: string): Stored => storedSchema.parse(JSON.parse(json))

const listRows = (tx: Query) =>
  tx.selectFrom('settings').selectAll().where('key', 'like', `${prefix}%`).execute()

const toReadable = ({ sealed, extra }: Stored) => ({ is_set: sealed !== undefined, ...extra })

function nextBaseUrl(before: Stored, { value, extra }: KeyChange): string | undefined {
  if (extra === null) return undefined
  if (extra?.base_url !== undefined) return extra.base_url ?? undefined
  return value === null ? undefined : before.extra.base_url
}

function assertKeyIsGivenAgain(id: string, before: Stored, { value, extra }: KeyChange): void {
  const baseUrl = extra?.base_url ?? undefined
  if (baseUrl === undefined || baseUrl === before.extra.base_url) return
  if (value !== undefined || before.sealed === undefined) return
  throw refused(id, 'must be given again with a new address, as the key is sent there')
}

function refused(id: string, message: string): AppError {
  const field = sealNameOf(id)
  return new AppError('invalid_settings', {
    message: `${field} ${message}.`,
    details: { fields: [{ field, message }] },
  })
}
