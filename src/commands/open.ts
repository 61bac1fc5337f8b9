// What commands share: the options that choose the installation, and opening and closing it around the work.
import { type Command, InvalidArgumentError } from 'commander'
import type { App } from '../app.ts'
import { type Config, type ConfigInput, loadConfig } from '../config.ts'
import { createLog, type LogLevel } from '../lib/log.ts'
import type { CommandContext } from './context.ts'

export interface InstallationOptions {
  dataDir?: string
  logLevel?: LogLevel
}

export function withInstallation(command: Command): Command {
  return command
    .option('--data-dir <dir>', 'folder of database, secrets and media (default: ./var)')
    .option('--log-level <level>', 'least important level that is logged, on stderr')
}

/** A command that is not a daemon logs only what is wrong, unless told otherwise. */
const quietLevel = 'warn'

export function toConfig(
  context: Pick<CommandContext, 'env'>,
  options: InstallationOptions,
  more: ConfigInput = {},
): Config {
  return loadConfig({ data_dir: options.dataDir, log_level: options.logLevel, ...more }, context.env)
}

/** Opens the installation, does the work, and closes it whatever happens. */
export async function withApp<T>(
  context: CommandContext,
  options: InstallationOptions,
  work: (app: App) => Promise<T>,
  { isDaemon = false, flags = {} }: { isDaemon?: boolean; flags?: ConfigInput } = {},
): Promise<T> {
  const isQuiet = !isDaemon && !options.logLevel && !context.env.PHOTOCHANGER_LOG_LEVEL
  const config = toConfig(context, isQuiet ? { ...options, logLevel: quietLevel } : options, flags)
  const log = await createLog({
    level: config.logLevel,
    pretty: context.stderr.isTTY === true,
    destination: context.stderr,
  })
  const { openApp } = await import('../app.ts')
  const app = await openApp(config, { log })
  try {
    return await work(app)
  } finally {
    await app.close()
  }
}

/** For commander: a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text)
    if (/^-?\d+$/.test(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }
}

/** For commander: one of the given words. */
export function oneOf<T extends string>(words: readonly T[]) {
  return (text: string): T => {
    const word = words.find((candidate) => candidate === text)
    if (word !== undefined) return word
    throw new InvalidArgumentError(`It must be one of: ${words.join(', ')}.`)
  }
}

/** For commander: a date, which is its first moment, or a time, in UTC where it names no zone; epoch ms. */
export function parseTime(text: string): number {
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text)
  const hasZone = /(Z|[+-]\d{2}:\d{2})$/i.test(text)
  const at = Date.parse(isDate ? text : hasZone ? text : `${text}Z`)
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(at)) return at
  throw new InvalidArgumentError('It must be a date such as 2026-11-24 or 2026-11-24T18:00:00Z.')
}
