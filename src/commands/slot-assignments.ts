// `--set key=value` and `--settings FILE` as a settings object.
import { readFile } from 'node:fs/promises'
import { InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { Slot } from '../slots/slot.ts'

type SettingsObject = Record<string, unknown>

/** For commander: adds one `key=value`, or `a.b=value`, to what was given before. */
export function collectAssignment(text: string, previous: SettingsObject): SettingsObject {
  const match = /^([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*)=(.*)$/s.exec(text)
  if (!match?.[1]) throw new InvalidArgumentError('It must look like key=value.')
  return assign(previous, match[1].split('.'), parseValue(match[2] ?? ''))
}

/** Numbers, booleans and JSON as such; anything else is text. */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text // Most values are plain words.
  }
}

function assign(target: SettingsObject, [key = '', ...rest]: string[], value: unknown): SettingsObject {
  if (rest.length === 0) return { ...target, [key]: value }
  const inner = target[key]
  return { ...target, [key]: assign(isObject(inner) ? inner : {}, rest, value) }
}

interface SettingsOptions {
  provider?: string
  operation?: string
  settings?: string
  set: SettingsObject
}

/**
 * The file replaces all settings, another operation starts from none, and `--set` goes on top.
 * @throws AppError invalid_usage when the file holds no JSON object
 */
export async function readSettings(current: Slot, options: SettingsOptions): Promise<SettingsObject> {
  const isSameOperation =
    (options.provider ?? current.providerId) === current.providerId &&
    (options.operation ?? current.operationId) === current.operationId
  const base = options.settings
    ? await readSettingsFile(options.settings)
    : isSameOperation
      ? current.settings
      : {}
  return merge(base, options.set)
}

function merge(base: SettingsObject, changes: SettingsObject): SettingsObject {
  const merged = { ...base }
  for (const [key, value] of Object.entries(changes)) {
    const inner = merged[key]
    merged[key] = isObject(value) && isObject(inner) ? merge(inner, value) : value
  }
  return merged
}

const isObject = (value: unknown): value is SettingsObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

async function readSettingsFile(path: string): Promise<SettingsObject> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    throw new AppError('invalid_usage', { message: `${path} must hold one JSON object of settings.`, cause })
  }
}
