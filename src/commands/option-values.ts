// What the commands that play the booth read from their options.
import { InvalidArgumentError } from 'commander'
import type { Field } from '../booth/request.ts'
import { AppError } from '../errors.ts'
import type { CommandContext } from './context.ts'

export function toCount(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > 1_000_000) {
    throw new InvalidArgumentError('It must be a whole number from 1 to 1000000.')
  }
  return value
}

export function toSeconds(text: string): number {
  const value = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || value < 0.001 || value > 86_400) {
    throw new InvalidArgumentError('It must be a number of seconds, at most 86400.')
  }
  return value
}

export function toFields(text: string, previous: Field[] = []): Field[] {
  const at = text.indexOf('=')
  if (at < 1) {
    throw new InvalidArgumentError('It must look like key=value.')
  }
  return [...previous, [text.slice(0, at), text.slice(at + 1)]]
}

/** @throws AppError invalid_usage when there is none anywhere */
export async function findIngestPassword(
  options: { password?: string; dataDir?: string },
  context: CommandContext,
): Promise<string> {
  const given = options.password ?? (context.env.PHOTOCHANGER_INGEST_PASSWORD || undefined)
  const password = given ?? (await context.resolveIngestPass?.(options))
  if (password === undefined) {
    throw new AppError('invalid_usage', {
      message: 'Give the ingest password with --password or in PHOTOCHANGER_INGEST_PASSWORD.',
    })
  }
  return password
}
