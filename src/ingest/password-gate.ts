// Lets the right ingest password through, always and from everywhere: booths and whoever guesses may share an address.
// Only what has proved wrong is counted, for each address in this process, and told to wait ever longer.
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { AppError } from '../errors.ts'
import { toNetwork } from '../lib/addresses.ts'
import type { IngestPassword } from '../settings/ingest-password.ts'
import { createSlowChecks } from './slow-checks.ts'

const freeFailures = 10
/** So long after the first failure an address's are forgotten. */
const memorySec = 15 * 60

export type PasswordGate = ReturnType<typeof createPasswordGate>

export function createPasswordGate(ingestPassword: Pick<IngestPassword, 'checkFast' | 'checkSlow'>) {
  const failures = new RateLimiterMemory({ points: freeFailures, duration: memorySec })
  const slowChecks = createSlowChecks(ingestPassword)

  async function countFailure(network: string): Promise<void> {
    await failures.consume(network).catch((limited: unknown) => {
      if (!(limited instanceof RateLimiterRes)) throw limited
      throw new AppError('queue_busy', {
        message: 'Too many wrong passwords. The right one works at once.',
        details: { reason: 'wrong_passwords' },
        retryAfterSec: Math.min(2 ** (limited.consumedPoints - freeFailures), memorySec),
      })
    })
  }

  return {
    /** @throws AppError invalid_credentials; queue_busy after too many wrong ones from the address */
    async assertPassword(candidate: string, address: string): Promise<void> {
      const quick = await ingestPassword.checkFast(candidate)
      if (quick === 'right') return
      if (quick === 'not_set') {
        throw new AppError('invalid_credentials', {
          message: 'No ingest password is set yet. Make one with "photochanger settings rotate-password".',
        })
      }
      const network = toNetwork(address)
      if (quick === 'unknown') {
        const counted = (await failures.get(network))?.consumedPoints ?? 0
        if (await slowChecks.check(candidate, counted)) return
      }
      await countFailure(network)
      throw new AppError('invalid_credentials')
    },
  }
}
