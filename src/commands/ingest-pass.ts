// A pass for `send` on the machine that holds the installation, so that nobody has to type a password that is
// stored only as a hash.
import { toConfig } from './open.ts'

/** Undefined where there is no installation, or its secret cannot be read by this user. */
export async function resolveIngestPass(
  options: { dataDir?: string },
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const { openInstallation } = await import('../ops/init.ts')
  const { issueIngestPass } = await import('../settings/ingest-password.ts')
  const { AppError } = await import('../errors.ts')
  try {
    const config = toConfig({ env }, options)
    const { secret } = await openInstallation(config, { initializing: false })
    return issueIngestPass(secret, Date.now())
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}
