// A slot's settings are the operation's own settings plus a few keys that every slot has.
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { Operation, Provider } from '../providers/provider.ts'

export type Providers = ReadonlyMap<string, Provider>

/** Keys that mean the same whatever the operation. */
const slotWideSchema = z.object({
  cancel_on_disconnect: z
    .boolean()
    .default(false)
    .describe('Stop working on the photo when the booth hangs up, instead of finishing it for the gallery.'),
})

const slotWideKeys = Object.keys(slotWideSchema.shape)

export interface ParsedSettings {
  operation: Operation
  /** What the operation's `run` gets. */
  operationSettings: unknown
  cancelOnDisconnect: boolean
}

interface SettingsInput {
  providerId: string
  operationId: string
  settings: Record<string, unknown>
}

/** @throws AppError invalid_settings whose details name each bad field */
export function parseSlotSettings(
  providers: Providers,
  { providerId, operationId, settings }: SettingsInput,
): ParsedSettings {
  const provider = providers.get(providerId)
  if (!provider) {
    throw invalid(
      'provider_id',
      `Unknown provider "${providerId}". Known: ${[...providers.keys()].join(', ')}.`,
    )
  }
  const operation = provider.operations[operationId]
  if (!operation) {
    const known = Object.keys(provider.operations).join(', ')
    throw invalid(
      'operation_id',
      `Provider "${providerId}" has no operation "${operationId}". Known: ${known}.`,
    )
  }
  const entries = Object.entries(settings)
  const slotWide = slotWideSchema.safeParse(pick(entries, (key) => slotWideKeys.includes(key)))
  const own = operation.settings.safeParse(pick(entries, (key) => !slotWideKeys.includes(key)))
  if (!slotWide.success || !own.success) {
    const issues = [...(slotWide.error?.issues ?? []), ...(own.error?.issues ?? [])]
    throw invalidFields(issues)
  }
  return {
    operation,
    operationSettings: own.data,
    cancelOnDisconnect: slotWide.data.cancel_on_disconnect,
  }
}

const pick = (entries: [string, unknown][], wanted: (key: string) => boolean) =>
  Object.fromEntries(entries.filter(([key]) => wanted(key)))

function invalidFields(issues: z.core.$ZodIssue[]): AppError {
  const fields = issues.map((issue) => ({
    field: ['settings_json', ...issue.path.map(String)].join('.'),
    message: issue.message,
  }))
  const message = fields.map(({ field, message: why }) => `${field}: ${why}`).join('; ')
  return new AppError('invalid_settings', {
    message: `The settings are not valid: ${message}`,
    details: { fields },
  })
}

function invalid(field: string, message: string): AppError {
  return new AppError('invalid_settings', { message, details: { fields: [{ field, message }] } })
}
