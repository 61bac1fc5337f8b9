// Prompt variables: `{{style}}` in a text setting is filled from the booth's fields, but only with what the slot allows.
import { z } from 'zod'

const name = /^[a-z][a-z0-9_]{0,39}$/i

export const variablesSchema = z
  .record(
    z.string().regex(name, 'It must be a name like style or survey1_color.'),
    z.strictObject({
      allowed: z.array(z.string().min(1).max(200)).max(100).optional(),
      max_length: z.int().min(1).max(200).default(40),
      default: z.string().max(200).default(''),
    }),
  )
  .default({})
  .describe(
    'Fields of the booth that may fill {{name}} in texts: allowed values, greatest length, and the default.',
  )

export type Variables = z.output<typeof variablesSchema>

/** Everything but letters, digits, spaces and plain punctuation: nothing that ends a sentence of the prompt's own. */
const unwanted = /[^\p{L}\p{M}\p{N} ,.'&+-]+/gu

/**
 * The settings with every `{{name}}` filled. What the slot does not list, what is too long or not allowed, is
 * ignored: the default stands in its place.
 */
export function fillVariables(
  settings: unknown,
  variables: Variables,
  fields: Readonly<Record<string, unknown>>,
): unknown {
  if (typeof settings === 'string') {
    return settings.replace(/\{\{\s*([a-z][a-z0-9_]*)\s*\}\}/gi, (_, variable: string) =>
      readVariable(variable, variables, fields),
    )
  }
  if (Array.isArray(settings)) return settings.map((item) => fillVariables(item, variables, fields))
  if (typeof settings === 'object' && settings !== null) {
    return Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [key, fillVariables(value, variables, fields)]),
    )
  }
  return settings
}

function readVariable(
  variable: string,
  variables: Variables,
  fields: Readonly<Record<string, unknown>>,
): string {
  const rule = Object.hasOwn(variables, variable) ? variables[variable] : undefined
  if (!rule) return ''
  const given = Object.hasOwn(fields, variable) ? fields[variable] : undefined
  if (typeof given !== 'string') return rule.default
  // A value from the operator's own list may have any characters and length.
  if (rule.allowed) return rule.allowed.find((value) => value === given.trim()) ?? rule.default
  const value = given.replace(unwanted, ' ').replace(/ +/g, ' ').trim()
  return value !== '' && value.length <= rule.max_length ? value : rule.default
}
