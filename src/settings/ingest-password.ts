// Is this the ingest password? The stored hash is slow on purpose, so a password that was right is remembered
// (as a keyed digest, in memory) for as long as the stored hash stays the same.
import { randomBytes } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import { deriveKey, isPasswordOf, isSignatureOf, sign } from '../lib/crypto.ts'
import type { Secrets } from '../lib/sealed.ts'
import type { Settings } from './settings.ts'

const passLifetimeMs = 5 * 60_000
const passPrefix = 'pass.'
const passPurpose = 'ingest-pass'

export type IngestPassword = ReturnType<typeof createIngestPassword>

interface IngestPasswordDeps {
  settings: Pick<Settings, 'ingestPassword'>
  /** Passes made with any of them are right. */
  secrets: Secrets
  clock: Clock
}

export function createIngestPassword({ settings, secrets, clock }: IngestPasswordDeps) {
  const memoryKey = randomBytes(32)
  let remembered: { hash: string; digest: string } | undefined

  async function isPass(candidate: string): Promise<boolean> {
    const [expires = '', signature = ''] = candidate.slice(passPrefix.length).split('.')
    if (!(Number(expires) > clock.now())) return false
    const isSigned = () =>
      secrets.list().some((secret) => isSignatureOf(deriveKey(secret, passPurpose), expires, signature))
    if (isSigned()) return true
    await secrets.reload() // Another process may have made a new secret, and a pass with it.
    return isSigned()
  }

  return {
    /**
     * Answers without the slow hash, or says `unknown` when only the slow hash can tell. Once the right password has
     * been seen, every other one is known to be wrong.
     */
    async checkFast(candidate: string): Promise<'right' | 'wrong' | 'unknown' | 'not_set'> {
      const stored = await settings.ingestPassword()
      if (!stored) return 'not_set'
      if (candidate.startsWith(passPrefix) && (await isPass(candidate))) return 'right'
      if (remembered?.hash !== stored.value.hash) return 'unknown'
      return isSignatureOf(memoryKey, candidate, remembered.digest) ? 'right' : 'wrong'
    },

    /** About 25 ms in the thread pool. */
    async checkSlow(candidate: string): Promise<boolean> {
      const stored = await settings.ingestPassword()
      if (!stored || !(await isPasswordOf(stored.value.hash, candidate))) return false
      remembered = { hash: stored.value.hash, digest: sign(memoryKey, candidate) }
      return true
    },
  }
}

/** Stands in for the password for five minutes; only who can read the installation's secret can make one. */
export function issueIngestPass(secret: string, now: number): string {
  const expires = String(now + passLifetimeMs)
  return `${passPrefix}${expires}.${sign(deriveKey(secret, passPurpose), expires)}`
}
