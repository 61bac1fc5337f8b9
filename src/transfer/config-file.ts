// The configuration file of an installation, taken apart: what is secret, what names places of one machine, the rest.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../errors.ts'

const configSchema = z.record(z.string(), z.unknown())

export type ConfigValues = z.infer<typeof configSchema>

export const configPathOf = (dataDir: string): string => join(dataDir, 'config.json')

export async function readConfigValues(dataDir: string): Promise<ConfigValues | undefined> {
  const path = configPathOf(dataDir)
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new AppError('invalid_config', { message: `${path} cannot be read.`, cause })
  })
  return text === undefined ? undefined : parseConfigValues(text)
}

export const parseConfigValues = (text: string): ConfigValues => configSchema.parse(JSON.parse(text))

const isSecret = (name: string) => /secret|api_key|passphrase|token|password/.test(name)
const isPlace = (name: string) =>
  /^(data_dir|database_|media_root$|s3_|tls_|backup_dir$|record$|replay$)/.test(name)

export interface SplitConfig {
  plain: ConfigValues
  secret: ConfigValues
  /** Addresses and paths of the machine it was read on; a database's address holds a password too. */
  places: ConfigValues
}

export function splitConfig(values: ConfigValues): SplitConfig {
  const split: SplitConfig = { plain: {}, secret: {}, places: {} }
  for (const [name, value] of Object.entries(values))
    split[isPlace(name) ? 'places' : isSecret(name) ? 'secret' : 'plain'][name] = value
  return split
}
