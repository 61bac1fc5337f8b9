// What makes a data directory an installation: the secret, the founding accounts, the ingest password.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Accounts, NewAccount } from '../accounts/accounts.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { generateSecret } from '../lib/crypto.ts'
import type { Settings } from '../settings/settings.ts'

export interface Credentials {
  ingestPassword: string
  admins: NewAccount[]
}

/** @throws AppError not_initialized, invalid_config when the secret cannot be read */
export async function openInstallation(
  config: Pick<Config, 'secretPath' | 'secretKey' | 'databasePath'>,
  { initializing }: { initializing: boolean },
): Promise<{ secret: string }> {
  if (config.secretKey !== undefined) return { secret: config.secretKey }
  if (initializing) await createSecret(config.secretPath)
  return { secret: await readSecret(config.secretPath) }
}

/** Leaves an existing one alone, also when two processes come at once. */
async function createSecret(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(path, `${generateSecret()}\n`, { flag: 'wx', mode: 0o600, flush: true })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return
    throw new AppError('invalid_config', {
      message: `Cannot write ${path}: ${messageOf(error)}`,
      cause: error,
    })
  }
}

async function readSecret(path: string): Promise<string> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new AppError('not_initialized')
    throw new AppError('invalid_config', {
      message: `Cannot read ${path}: ${messageOf(error)}`,
      cause: error,
    })
  }
  const secret = text.trim()
  if (secret.length < 32) throw new AppError('invalid_config', { message: `${path} does not hold a secret.` })
  return secret
}

/** Undefined when everything was there already. */
export async function initialize(deps: {
  db: Database
  accounts: Accounts
  settings: Settings
}): Promise<Credentials | undefined> {
  if (await deps.settings.ingestPassword()) return undefined
  const admins = await deps.accounts.createFounding()
  if (admins.length === 0) return undefined
  return { admins, ingestPassword: await deps.settings.rotateIngestPassword('init') }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
