// What differs between the values before and after a change, one line each, in words.
import { permissionSchema } from '../accounts/permissions.ts'
import type { Translate } from './texts.ts'

/** A value as a template shows it. */
export type ReadableValue =
  | { kind: 'none' }
  | { kind: 'words'; text: string }
  | { kind: 'time'; at: number }
  | { kind: 'long'; text: string; start: string }

export interface ReadableChange {
  /** Undefined where the whole thing is one value. */
  name: string | undefined
  before: ReadableValue
  after: ReadableValue
}

const longFrom = 120

export function listChanges(
  { before, after }: { before: unknown; after: unknown },
  t: Translate,
): ReadableChange[] {
  const [was, is] = [flatten(before), flatten(after)]
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((path) => JSON.stringify(was.get(path)) !== JSON.stringify(is.get(path)))
    .map((path) => ({
      name: path === '' ? undefined : toName(path, t),
      before: toReadable(was.get(path), t),
      after: toReadable(is.get(path), t),
    }))
}

/** Lists stay whole: in what is recorded they are short. */
function flatten(value: unknown, path = '', into = new Map<string, unknown>()): Map<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, path ? `${path}.${key}` : key, into)
  } else if (value !== undefined && value !== null) {
    into.set(path, value)
  }
  return into
}

function toName(path: string, t: Translate): string {
  const key = `audit.field.${path}`
  const words = t(key)
  return words === key ? path : words
}

function toReadable(value: unknown, t: Translate): ReadableValue {
  if (value === undefined || value === '') return { kind: 'none' }
  if (typeof value === 'boolean') return { kind: 'words', text: t(value ? 'audit.yes' : 'audit.no') }
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) {
    return { kind: 'time', at: Date.parse(value) }
  }
  const text = Array.isArray(value) ? value.map((each) => toItem(each, t)).join(', ') : String(value)
  if (text === '') return { kind: 'none' }
  if (text.length < longFrom) return { kind: 'words', text }
  return { kind: 'long', text, start: `${text.slice(0, longFrom - 40)}…` }
}

function toItem(item: unknown, t: Translate): string {
  const right = permissionSchema.safeParse(item)
  if (right.success) return t(`right.${right.data}`)
  return typeof item === 'object' ? JSON.stringify(item) : String(item)
}
