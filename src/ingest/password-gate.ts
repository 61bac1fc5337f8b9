// Lets the right ingest password through, and slows down who guesses: per address, so that no booth is locked out.
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { AppError } from '../errors.ts'
import type { IngestPassword } from '../settings/ingest-password.ts'

const wrongPerMinute = 10

export type PasswordGate = ReturnType<typeof createPasswordGate>

export function createPasswordGate(ingestPassword: Pick<IngestPassword, 'checkFast' | 'checkSlow'>) {
  const limiter = new RateLimiterMemory({ points: wrongPerMinute, duration: 60 })

  return {
    /** @throws AppError invalid_credentials, queue_busy after too many wrong ones from the address */
    async assertPassword(candidate: string, address: string): Promise<void> {
      const quick = await ingestPassword.checkFast(candidate)
      if (quick === 'right') return
      if (quick === 'not_set') {
        throw new AppError('invalid_credentials', {
          message: 'No ingest password is set yet. Make one with "photochanger settings rotate-password".',
        })
      }
      // A point is taken before the slow check, so that guesses at once do not slip through together.
      await limiter.consume(address).catch((limited: unknown) => {
        if (!(limited instanceof RateLimiterRes)) throw limited
        throw new AppError('queue_busy', {
          message: 'Too many wrong passwords. Wait a minute.',
          retryAfterSec: Math.ceil(limited.msBeforeNext / 1000),
        })
      })
      if (!(await ingestPassword.checkSlow(candidate))) throw new AppError('invalid_credentials')
      await limiter.reward(address)
    },
  }
}
