// Whether a slot can work with what it is given: settings, keys of its providers, template media.
import { AppError } from '../errors.ts'
import type { SlotContent } from './slot.ts'
import {
  type FieldProblem,
  fieldsOf,
  type ParsedSettings,
  type ParsedStep,
  type Providers,
  parseSlotSettings,
  toInvalidSettings,
} from './slot-settings.ts'

export interface Findings {
  problems: FieldProblem[]
  /** The setting keys of the template media that the slot cannot work without. */
  neededTemplates: string[]
}

/** Everything that is wrong but missing template media, which is for the transaction that writes. */
export async function examine(providers: Providers, content: SlotContent): Promise<Findings> {
  const { providerId, operationId, settings } = content
  const problems = nameProblems(content.name)
  if (providerId === undefined && operationId === undefined) return { problems, neededTemplates: [] }
  if (providerId === undefined || operationId === undefined) {
    const [missing, present] =
      providerId === undefined ? ['provider_id', 'operation_id'] : ['operation_id', 'provider_id']
    problems.push({
      field: missing,
      message: `It is needed beside ${present}; without both a slot is empty.`,
    })
    return { problems, neededTemplates: [] }
  }
  try {
    const parsed = parseSlotSettings(providers, { providerId, operationId, settings })
    problems.push(...(await missingKeys(providers, parsed)))
    return { problems, neededTemplates: neededTemplatesOf(parsed) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { problems: [...problems, ...fieldsOf(error)], neededTemplates: [] }
  }
}

/** Everything that is wrong; a missing template is field `templates.KEY`. */
export function problemsOf(
  { problems, neededTemplates }: Findings,
  presentTemplates: readonly string[],
): FieldProblem[] {
  const missing = neededTemplates
    .filter((key) => !presentTemplates.includes(key))
    .map((key) => ({
      field: `templates.${key}`,
      message: `The slot needs template media "${key}", which is missing.`,
    }))
  return [...problems, ...missing]
}

/** @throws AppError invalid_settings that names everything */
export function assertReady(findings: Findings, presentTemplates: readonly string[]): void {
  const problems = problemsOf(findings, presentTemplates)
  if (problems.length > 0) throw toInvalidSettings(problems)
}

export function neededTemplatesOf(parsed: ParsedSettings): string[] {
  return [...new Set(stepsOf(parsed).flatMap(({ step }) => step.operation.needs(step.settings)))]
}

function nameProblems(name: string): FieldProblem[] {
  const isFine = name.trim() !== '' && name.length <= 100
  return isFine ? [] : [{ field: 'name', message: 'A name has 1 to 100 characters.' }]
}

async function missingKeys(providers: Providers, parsed: ParsedSettings): Promise<FieldProblem[]> {
  const problems: FieldProblem[] = []
  for (const { field, step } of stepsOf(parsed)) {
    if ((await providers.get(step.providerId)?.isConfigured?.()) !== false) continue
    const variable = `PHOTOCHANGER_${step.providerId.toUpperCase()}_API_KEY`
    problems.push({
      field,
      message: `There is no key for ${step.providerId}. Enter it in the settings, or start with ${variable}.`,
    })
  }
  return problems
}

function stepsOf(parsed: ParsedSettings): { field: string; step: ParsedStep }[] {
  const { first, fallbacks, onFailure, localEffect } = parsed
  return [
    { field: 'provider_id', step: first },
    ...fallbacks.map((step, index) => ({ field: `settings_json.fallbacks.${index}.provider_id`, step })),
    ...(onFailure === 'local' ? [{ field: 'settings_json.local_effect', step: localEffect }] : []),
  ]
}
