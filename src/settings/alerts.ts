// Where alerts are sent, and how. The address is a secret: it carries a token with most services.
import { z } from 'zod'
import type { Database, Query } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import type { Sealer, Secrets } from '../lib/sealed.ts'
import { findRow, type RecordChange, saveRow } from './rows.ts'

export const alertShapes = ['ntfy', 'slack', 'telegram', 'json'] as const

const optionsSchema = z.object({
  shape: z.enum(alertShapes),
  chatId: z.string().nullable(),
  minSeverity: z.enum(['warn', 'bad']),
  cooldownMin: z.number(),
  language: z.enum(['en', 'ru']),
})

const storedSchema = optionsSchema.extend({ sealed: z.string().optional(), host: z.string().optional() })

export type AlertOptions = z.infer<typeof optionsSchema>
type Stored = z.infer<typeof storedSchema>

export interface AlertState extends AlertOptions {
  isSet: boolean
  host: string | undefined
  updatedAt: number | undefined
  updatedBy: string | undefined
}

export interface AlertChange extends Partial<AlertOptions> {
  /** Null removes it: nothing is sent any more. */
  url?: string | null | undefined
}

interface AlertSettingsDeps {
  db: Database
  clock: Clock
  secrets: Secrets
  sealer: Sealer
  recordChange: RecordChange
}

const rowKey = 'alerts'
const sealName = 'alerts.url'
const initial: Stored = { shape: 'ntfy', chatId: null, minSeverity: 'warn', cooldownMin: 30, language: 'en' }

export type AlertSettings = ReturnType<typeof createAlertSettings>

export function createAlertSettings({ db, clock, secrets, sealer, recordChange }: AlertSettingsDeps) {
  async function find(query: Query) {
    const row = await findRow(query, rowKey)
    return { row, stored: row ? storedSchema.parse(JSON.parse(row.value_json)) : initial }
  }

  return {
    async read(): Promise<AlertState> {
      const { row, stored } = await find(db.query)
      const { sealed, host, ...options } = stored
      return {
        ...options,
        isSet: sealed !== undefined,
        host,
        updatedAt: row?.updated_at,
        updatedBy: row?.updated_by ?? undefined,
      }
    },

    /** Undefined where nothing is to be sent. @throws AppError secret_mismatch */
    async findTarget(): Promise<(AlertOptions & { url: string }) | undefined> {
      const { sealed, ...options } = (await find(db.query)).stored
      return sealed === undefined ? undefined : { ...options, url: await sealer.open(sealName, sealed) }
    },

    /** What is not given stays. @throws AppError invalid_settings where Telegram would not know the chat */
    async change({ url, ...options }: AlertChange, by: string): Promise<void> {
      await db.write(async (tx) => {
        const { stored: before } = await find(tx)
        const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
        const after = storedSchema.parse({ ...before, ...given })
        if (url === null) {
          delete after.sealed
          delete after.host
        } else if (url !== undefined) {
          await secrets.reload() // Under the write lock: a rotation may have made a newer secret.
          after.sealed = sealer.seal(sealName, url)
          after.host = new URL(url).host
        }
        if (after.shape === 'telegram' && after.sealed !== undefined && after.chatId === null)
          throw missingChat()
        await saveRow(tx, rowKey, after, { at: clock.now(), by })
        const change = { before: toReadable(before), after: toReadable(after) }
        await recordChange(tx, { actor: by, action: 'alerts.updated', target: 'alerts', ...change })
        await tx.updateTable('alert_runner').set({ failing_since: null, problem: null }).execute()
      })
    },

    /** Seals the address under the first secret, if it is not yet; how many that were. */
    async resealAll(tx: Query): Promise<number> {
      const { stored } = await find(tx)
      if (stored.sealed === undefined || sealer.isCurrent(stored.sealed)) return 0
      const sealed = sealer.seal(sealName, await sealer.open(sealName, stored.sealed))
      const value_json = JSON.stringify({ ...stored, sealed })
      await tx.updateTable('settings').set({ value_json }).where('key', '=', rowKey).execute()
      return 1
    },

    /** Every sealed value there is. */
    async listSealed(tx: Query): Promise<string[]> {
      const { sealed } = (await find(tx)).stored
      return sealed === undefined ? [] : [sealed]
    },
  }
}

const toReadable = ({ sealed, ...options }: Stored) => ({ is_set: sealed !== undefined, ...options })

function missingChat(): AppError {
  const message = 'is needed for Telegram'
  return new AppError('invalid_settings', {
    message: `Not valid: chat_id: ${message}`,
    details: { fields: [{ field: 'chat_id', message }] },
  })
}
