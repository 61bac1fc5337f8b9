// Gives an installation a new secret while it runs. Whatever happens in between, everything that is stored can be
// opened afterwards, and rotating once more finishes it.
import type { Config } from '../config.ts'
import type { Database } from '../db/database.ts'
import type { Leases } from '../db/leases.ts'
import { sleep } from '../lib/abort.ts'
import { generateSecret } from '../lib/crypto.ts'
import { keyIdOf, type Secrets, sealedWith } from '../lib/sealed.ts'
import type { AlertSettings } from '../settings/alerts.ts'
import type { ProviderKeys } from '../settings/provider-keys.ts'
import type { RecordChange } from '../settings/rows.ts'
import { readSecretFile, writeSecretFile } from './secret-file.ts'

export interface RotateDeps {
  config: Pick<Config, 'secretPath' | 'secretKeys'>
  db: Database
  leases: Pick<Leases, 'runAlone'>
  secrets: Secrets
  providerKeys: Pick<ProviderKeys, 'resealAll' | 'listSealed'>
  alertSettings: Pick<AlertSettings, 'resealAll' | 'listSealed'>
  audit: { record: RecordChange }
}

const lookAgainMs = 100

/**
 * With the secrets in the environment these stay as they are: everything is sealed under the first of them. Waits while
 * another process rotates: two that write the file at once would lose a secret.
 * @returns how many values were sealed anew
 * @throws AppError secret_mismatch when something cannot be opened; then nothing has changed
 */
export async function rotateSecret(deps: RotateDeps, by: string): Promise<number> {
  let count = 0
  const rotate = async () => {
    count = await rotateAlone(deps, by)
  }
  while (!(await deps.leases.runAlone('secret.rotation', rotate))) await sleep(lookAgainMs)
  return count
}

async function rotateAlone(deps: RotateDeps, by: string): Promise<number> {
  const { config, db } = deps
  const isFile = config.secretKeys === undefined
  const count = await db.write(async (tx) => {
    if (isFile) {
      await writeSecretFile(config.secretPath, [
        generateSecret(),
        ...(await readSecretFile(config.secretPath)),
      ])
      await deps.secrets.reload()
    }
    const resealed = (await deps.providerKeys.resealAll(tx)) + (await deps.alertSettings.resealAll(tx))
    await deps.audit.record(tx, {
      actor: by,
      action: 'secret.rotated',
      target: 'secret',
      after: { resealed },
    })
    return resealed
  })
  if (isFile) await forgetUnusedSecrets(deps)
  return count
}

/**
 * Under the write lock, where nobody is sealing: another rotation may have come in between, and the first secret be
 * its. Only what nothing is sealed with goes.
 */
export async function forgetUnusedSecrets({
  config,
  db,
  secrets,
  providerKeys,
  alertSettings,
}: Omit<RotateDeps, 'leases'>): Promise<void> {
  await db.write(async (tx) => {
    const sealed = [...(await providerKeys.listSealed(tx)), ...(await alertSettings.listSealed(tx))]
    const used = new Set(sealed.map(sealedWith))
    const kept = await readSecretFile(config.secretPath)
    const needed = kept.filter((secret, at) => at === 0 || used.has(keyIdOf(secret)))
    if (needed.length < kept.length) await writeSecretFile(config.secretPath, needed)
    await secrets.reload()
  })
}
