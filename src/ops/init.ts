// What makes a data directory an installation: the secret, the founding accounts, the ingest password.
import type { Accounts, NewAccount } from '../accounts/accounts.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Secrets } from '../lib/sealed.ts'
import type { Settings } from '../settings/settings.ts'
import { createSecretFile, openSecretFile } from './secret-file.ts'

export interface Credentials {
  ingestPassword: string
  admins: NewAccount[]
}

/** @throws AppError not_initialized, invalid_config when the secret cannot be read */
export async function openInstallation(
  config: Pick<Config, 'secretPath' | 'secretKeys'>,
  { initializing }: { initializing: boolean },
): Promise<{ secret: string; secrets: Secrets }> {
  const secrets = await openSecrets(config, initializing)
  const [secret] = secrets.list()
  if (secret === undefined) throw new AppError('not_initialized')
  return { secret, secrets }
}

async function openSecrets(
  { secretKeys, secretPath }: Pick<Config, 'secretPath' | 'secretKeys'>,
  initializing: boolean,
): Promise<Secrets> {
  if (secretKeys) return { list: () => secretKeys, reload: async () => undefined }
  if (initializing) await createSecretFile(secretPath)
  return openSecretFile(secretPath)
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
