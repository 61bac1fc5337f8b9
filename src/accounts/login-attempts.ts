// Slows down who guesses passwords, by account and by address, for all processes together and across restarts.
// A wrong password costs an account only ever longer pauses, so that nobody can be locked out for good; and an
// address from which the account has logged in before has pauses of its own, which strangers cannot bring about.
import type { Database, Query } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { toNetwork } from '../lib/addresses.ts'
import type { Clock } from '../lib/clock.ts'
import { deriveKey, sign } from '../lib/crypto.ts'

const accountFree = 5
const longestPauseMs = 15 * 60_000
/** So long after the last failure an account's are forgotten. */
const accountMemoryMs = 60 * 60_000

const addressLimit = 30
const addressWindowMs = 15 * 60_000

const knownMs = 30 * 24 * 3600_000

interface Subjects {
  account: string
  address: string
  /** That this account has logged in from this address. */
  known: string
}

/** What one attempt has taken, to be given back if the password was right. */
export type Attempt = Subjects & { counted: string }

export type LoginAttempts = ReturnType<typeof createLoginAttempts>

export function createLoginAttempts({ db, clock, secret }: { db: Database; clock: Clock; secret: string }) {
  const key = deriveKey(secret, 'login-attempts')
  const digestOf = (...parts: string[]) => sign(key, JSON.stringify(parts))

  const subjectsOf = (username: string, address: string): Subjects => ({
    account: digestOf('account', username),
    address: digestOf('address', toNetwork(address)),
    known: digestOf('known', username, toNetwork(address)),
  })

  /** @throws AppError too_many_attempts */
  async function look(query: Query, subjects: Subjects) {
    const now = clock.now()
    const rows = await query
      .selectFrom('login_attempts')
      .selectAll()
      .where('subject', 'in', [subjects.account, subjects.address, subjects.known])
      .where('expires_at', '>', now)
      .execute()
    const find = (subject: string) => rows.find((row) => row.subject === subject)
    const known = find(subjects.known)
    const account = known ?? find(subjects.account)
    const address = find(subjects.address)
    const waitMs = Math.max(account?.blocked_until ?? 0, address?.blocked_until ?? 0) - now
    if (waitMs > 0) throw new AppError('too_many_attempts', { retryAfterSec: Math.ceil(waitMs / 1000) })
    return { now, known, account, address }
  }

  async function save(tx: Query, subject: string, failures: number, blockedUntil: number, expiresAt: number) {
    const row = { failures, blocked_until: blockedUntil, expires_at: expiresAt }
    await tx
      .insertInto('login_attempts')
      .values({ subject, ...row })
      .onConflict((conflict) => conflict.column('subject').doUpdateSet(row))
      .execute()
  }

  return {
    /**
     * Counts a failure before the password is looked at: guesses that come at once do not slip through together.
     * @throws AppError too_many_attempts
     */
    async take(username: string, address: string): Promise<Attempt> {
      const subjects = subjectsOf(username, address)
      await look(db.query, subjects) // Who has to wait anyway does not make writers wait.
      return db.write(async (tx) => {
        const { now, known, account, address } = await look(tx, subjects)
        await tx.deleteFrom('login_attempts').where('expires_at', '<=', now).execute()

        const failures = (account?.failures ?? 0) + 1
        const counted = known ? subjects.known : subjects.account
        const expiresAt = known?.expires_at ?? now + accountMemoryMs
        await save(tx, counted, failures, now + pauseMs(failures), expiresAt)

        const fromAddress = (address?.failures ?? 0) + 1
        const windowEnd = address?.expires_at ?? now + addressWindowMs
        await save(tx, subjects.address, fromAddress, fromAddress < addressLimit ? 0 : windowEnd, windowEnd)
        return { ...subjects, counted }
      })
    },

    /** The password was right. Of the address only this attempt is forgotten: its other guesses were wrong. */
    async giveBack({ counted, address, known }: Attempt): Promise<void> {
      await db.write(async (tx) => {
        const now = clock.now()
        await tx.deleteFrom('login_attempts').where('subject', '=', counted).execute()
        await save(tx, known, 0, 0, now + knownMs)
        await tx
          .updateTable('login_attempts')
          .set((row) => ({ failures: row('failures', '-', 1), blocked_until: 0 }))
          .where('subject', '=', address)
          .where('failures', '>', 0)
          .execute()
      })
    },
  }
}

/** None for the first failures, then 1, 2, 4 … seconds. */
function pauseMs(failures: number): number {
  return failures <= accountFree ? 0 : Math.min(1000 * 2 ** (failures - accountFree - 1), longestPauseMs)
}
