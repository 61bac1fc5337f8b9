// The settings as API and commands show them, and the changes that they take.
import { z } from 'zod'
import { toUsd } from '../calls/ledger.ts'
import type { Provider } from '../providers/provider.ts'
import { baseUrlSchema, editableSettings, keySchema, passwordSchema } from '../settings/editable.ts'
import type { Settings, SettingsChange } from '../settings/settings.ts'
import { timeSchema, toTime } from './parameters.ts'

const changed = { updated_at: timeSchema.nullable(), updated_by: z.string().nullable() }

export const settingsSchema = z
  .object({
    dslr_password: z.object({ is_set: z.boolean(), ...changed }),
    provider_keys: z.record(
      z.string(),
      z.object({
        is_configured: z.boolean().describe('Whether the provider can be used.'),
        source: z
          .enum(['settings', 'environment'])
          .nullable()
          .describe('Where key and address come from; what is in the settings wins.'),
        ...changed,
        extra: z.object({ base_url: z.string().optional().describe('Another address of the vendor.') }),
      }),
    ),
    ingest: z.object({
      sync_response_timeout_sec: z.number(),
      ingest_ttl_sec: z.number().describe('How long an uploaded photo is kept at most: the window.'),
    }),
    media_cache: z.object({
      processed_media_ttl_hours: z.number().describe('How long results are kept.'),
      public_link_ttl_sec: z.number().describe('How long a public link to an input lives: the window.'),
    }),
    budget: z.object({
      budget_usd_per_day: z.number().nullable().describe('For all slots together; null: no limit.'),
      spent_usd_today: z.number().describe('Since midnight in UTC.'),
    }),
    event: z
      .object({
        title: z.string(),
        message: z.string(),
        link: z.url().nullable(),
        color: z.string().nullable().meta({ example: '#0b6b66' }),
      })
      .describe('How the pages of guests are headed.'),
  })
  .meta({ id: 'Settings' })

export interface SettingsWireDeps {
  settings: Pick<Settings, 'read'>
  providers: ReadonlyMap<string, Provider>
  ledger: { spentMicroUsd(slotId: string | undefined, at: number): Promise<number> }
  clock: { now(): number }
}

export async function readSettingsWire(deps: SettingsWireDeps): Promise<z.output<typeof settingsSchema>> {
  const { settings, providers, ledger, clock } = deps
  const state = await settings.read()
  const windowSec = state.syncResponseMs / 1000
  const keys = await Promise.all(
    Object.entries(state.providerKeys).map(async ([id, { source, baseUrl, updatedAt, updatedBy }]) => [
      id,
      {
        is_configured: (await providers.get(id)?.isConfigured?.()) ?? false,
        source: source ?? null,
        updated_at: toTime(updatedAt),
        updated_by: updatedBy ?? null,
        extra: baseUrl === undefined ? {} : { base_url: baseUrl },
      },
    ]),
  )
  return {
    dslr_password: {
      is_set: state.ingestPassword !== undefined,
      updated_at: toTime(state.ingestPassword?.updatedAt),
      updated_by: state.ingestPassword?.updatedBy ?? null,
    },
    provider_keys: Object.fromEntries(keys),
    ingest: { sync_response_timeout_sec: windowSec, ingest_ttl_sec: windowSec },
    media_cache: { processed_media_ttl_hours: state.retentionHours, public_link_ttl_sec: windowSec },
    budget: {
      budget_usd_per_day: state.dayBudgetUsd ?? null,
      spent_usd_today: toUsd(await ledger.spentMicroUsd(undefined, clock.now())),
    },
    event: state.event,
  }
}

const keyChangeSchema = z.strictObject({
  value: keySchema
    .nullable()
    .optional()
    .describe('Null removes key and address; then those of the environment are used again.'),
  extra: z
    .strictObject({ base_url: baseUrlSchema.nullable().optional() })
    .nullable()
    .optional()
    .describe('A new address needs the key with it.'),
})

/** Only what is named changes; what is not known is refused. */
export function createSettingsChangeSchema(providerIds: readonly string[]) {
  const keys = Object.fromEntries(providerIds.map((id) => [id, keyChangeSchema.optional()]))
  return z.strictObject({
    dslr_password: z.strictObject({ value: passwordSchema }).optional(),
    provider_keys: z.strictObject(keys).optional(),
    ingest: z
      .strictObject({ sync_response_timeout_sec: editableSettings.sync_response_timeout_sec.optional() })
      .optional(),
    media_cache: z
      .strictObject({ processed_media_ttl_hours: editableSettings.result_retention_hours.optional() })
      .optional(),
    budget: z.strictObject({ budget_usd_per_day: editableSettings.budget_usd_per_day.optional() }).optional(),
    event: z
      .strictObject({
        title: editableSettings.event_title.optional(),
        message: editableSettings.event_message.optional(),
        link: editableSettings.event_link.optional(),
        color: editableSettings.event_color.optional(),
      })
      .optional(),
  })
}

type SettingsChangeWire = z.output<ReturnType<typeof createSettingsChangeSchema>>

export function toSettingsChange(wire: SettingsChangeWire): SettingsChange {
  return {
    ingestPassword: wire.dslr_password?.value,
    values: {
      sync_response_timeout_sec: wire.ingest?.sync_response_timeout_sec,
      result_retention_hours: wire.media_cache?.processed_media_ttl_hours,
      budget_usd_per_day: wire.budget?.budget_usd_per_day,
      event_title: wire.event?.title,
      event_message: wire.event?.message,
      event_link: wire.event?.link,
      event_color: wire.event?.color,
    },
    providerKeys: wire.provider_keys ?? {},
  }
}
