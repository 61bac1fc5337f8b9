// A slot's settings are the first operation's own settings plus the keys that every slot has: what comes after
// the first provider, money, repeats, prompt variables.
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { Operation, Provider } from '../providers/provider.ts'
import { variablesSchema } from './variables.ts'

export type Providers = ReadonlyMap<string, Provider>

const settingsObject = z.record(z.string(), z.unknown())

const stepSchema = z.strictObject({
  provider_id: z.string().min(1),
  operation_id: z.string().min(1),
  settings: settingsObject.default({}),
})

/** Keys that mean the same whatever the operation. */
export const slotWideSchema = z.object({
  cancel_on_disconnect: z
    .boolean()
    .default(false)
    .describe('Stop working on the photo when the booth hangs up, instead of finishing it for the gallery.'),
  fallbacks: z
    .array(stepSchema)
    .max(5)
    .default([])
    .describe('Providers to try in turn when the first one does not answer with a picture in its time.'),
  on_failure: z
    .enum(['error', 'original', 'local'])
    .default('error')
    .describe(
      'What the booth gets when no provider has a picture: an error, its own photo, or an offline effect.',
    ),
  local_effect: z
    .strictObject({ operation_id: z.string().min(1), settings: settingsObject.default({}) })
    .default({ operation_id: 'filter', settings: { effect: 'vivid' } })
    .describe('The offline effect of "on_failure": "local", and of a budget that is used up.'),
  hedge: z
    .boolean()
    .default(false)
    .describe('Start the next provider as well when one takes unusually long; the first good picture wins.'),
  budget_usd_per_day: z
    .number()
    .nonnegative()
    .max(100_000)
    .optional()
    .describe('Money for this slot on one UTC day. When it is used up photos get the offline effect.'),
  repeat_window_sec: z
    .int()
    .min(0)
    .max(86_400)
    .default(600)
    .describe(
      'The same photo of the same booth within this time is the same job, at no cost; 0 makes a new one.',
    ),
  result_retention_hours: z
    .int()
    .min(1)
    .max(8760)
    .optional()
    .describe(
      'How long finished pictures of this slot are kept, in hours, instead of the installation’s time.',
    ),
  variables: variablesSchema,
})

const slotWideKeys = Object.keys(slotWideSchema.shape)

export interface ParsedStep {
  providerId: string
  operationId: string
  operation: Operation
  /** What the operation's `run` gets. */
  settings: unknown
}

export interface ParsedSettings {
  first: ParsedStep
  fallbacks: ParsedStep[]
  onFailure: 'error' | 'original' | 'local'
  /** The offline effect. */
  localEffect: ParsedStep
  slotWide: z.output<typeof slotWideSchema>
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
  const entries = Object.entries(settings)
  const own = pick(entries, (key) => !slotWideKeys.includes(key))
  const slotWide = slotWideSchema.safeParse(pick(entries, (key) => slotWideKeys.includes(key)))
  const problems = new Problems()
  const first = parseStep(providers, { providerId, operationId, settings: own }, ['settings_json'], problems)
  if (!slotWide.success) problems.add(slotWide.error.issues, ['settings_json'])
  const { fallbacks = [], local_effect: effect } = slotWide.data ?? {}
  const parsedFallbacks = fallbacks.map((step, at) =>
    parseStep(
      providers,
      { providerId: step.provider_id, operationId: step.operation_id, settings: step.settings },
      ['settings_json', 'fallbacks', String(at), 'settings'],
      problems,
    ),
  )
  const localEffect =
    effect &&
    parseStep(
      providers,
      { providerId: 'local', operationId: effect.operation_id, settings: effect.settings },
      ['settings_json', 'local_effect', 'settings'],
      problems,
    )
  problems.throwIfAny()
  const steps = parsedFallbacks.filter((step) => step !== undefined)
  if (!first || !localEffect || !slotWide.data) throw new AppError('invalid_settings')
  return {
    first,
    fallbacks: steps,
    onFailure: slotWide.data.on_failure,
    localEffect,
    slotWide: slotWide.data,
  }
}

function parseStep(
  providers: Providers,
  { providerId, operationId, settings }: SettingsInput,
  path: string[],
  problems: Problems,
): ParsedStep | undefined {
  const provider = providers.get(providerId)
  // The first step's provider stands beside the settings, that of any other one inside of them.
  const at = path.slice(0, -1)
  if (!provider) {
    const known = [...providers.keys()].join(', ')
    problems.addOne([...at, 'provider_id'], `Unknown provider "${providerId}". Known: ${known}.`)
    return undefined
  }
  const operation = provider.operations[operationId]
  if (!operation) {
    const known = Object.keys(provider.operations).join(', ')
    problems.addOne(
      [...at, 'operation_id'],
      `Provider "${providerId}" has no operation "${operationId}". Known: ${known}.`,
    )
    return undefined
  }
  const parsed = operation.settings.safeParse(settings)
  if (!parsed.success) {
    problems.add(parsed.error.issues, path)
    return undefined
  }
  return { providerId, operationId, operation, settings: parsed.data }
}

const pick = (entries: [string, unknown][], wanted: (key: string) => boolean) =>
  Object.fromEntries(entries.filter(([key]) => wanted(key)))

export interface FieldProblem {
  field: string
  message: string
}

export function toInvalidSettings(fields: readonly FieldProblem[]): AppError {
  const all = fields.map(({ field, message }) => `${field}: ${message}`).join('; ')
  return new AppError('invalid_settings', {
    message: `The settings are not valid: ${all}`,
    details: { fields },
  })
}

const fieldsSchema = z.object({ fields: z.array(z.object({ field: z.string(), message: z.string() })) })

/** @throws the error itself when it names no fields */
export function fieldsOf(error: AppError): FieldProblem[] {
  const parsed = fieldsSchema.safeParse(error.details)
  if (!parsed.success) throw error
  return parsed.data.fields
}

/** Everything that is wrong, so that an operator sees it all at once. */
class Problems {
  readonly fields: FieldProblem[] = []

  add(issues: readonly z.core.$ZodIssue[], path: readonly string[]): void {
    for (const issue of issues) {
      // A key that is not known is reported at the object that holds it.
      const keys = issue.code === 'unrecognized_keys' ? issue.keys : [undefined]
      for (const key of keys) {
        const at = [...path, ...issue.path.map(String), ...(key === undefined ? [] : [key])]
        this.addOne(at, key === undefined ? issue.message : 'This setting is not known.')
      }
    }
  }

  addOne(path: readonly string[], message: string): void {
    this.fields.push({ field: path.join('.'), message })
  }

  throwIfAny(): void {
    if (this.fields.length > 0) throw toInvalidSettings(this.fields)
  }
}
