// Accounts, tokens and throttling on a fresh database, with a clock that the test moves.
import { createAccounts } from '../../src/accounts/accounts.ts'
import { createLoginAttempts } from '../../src/accounts/login-attempts.ts'
import { createSessions } from '../../src/accounts/sessions.ts'
import { createSigningKeys } from '../../src/accounts/signing-keys.ts'
import { createTokens } from '../../src/accounts/tokens.ts'
import { createAudit } from '../../src/audit/audit.ts'
import { migrate } from '../../src/db/migrate.ts'
import { hashPassword, isPasswordOf } from '../../src/lib/crypto.ts'
import { createLog } from '../../src/lib/log.ts'
import { makeDatabase } from '../support/backends.ts'
import { createTestClock } from '../support/clock.ts'

export const secret = 'a secret of this test, long enough'

export type Site = Awaited<ReturnType<typeof openSite>>
export type Parts = Site['parts']

async function openSite() {
  const clock = createTestClock()
  const database = await makeDatabase()
  const logged: Record<string, unknown>[] = []
  const destination = { write: (line: string) => void logged.push(JSON.parse(line)) }
  const log = await createLog({
    level: 'info',
    destination: destination as unknown as NodeJS.WritableStream,
  })
  const slow = { hashed: 0, checked: 0 }
  const passwords = {
    hash: (password: string) => {
      slow.hashed += 1
      return hashPassword(password)
    },
    isRight: (hash: string, candidate: string) => {
      slow.checked += 1
      return isPasswordOf(hash, candidate)
    },
  }

  /** The same database as another process sees it. */
  function connect(secrets: () => string[] = () => [secret], reload: () => void = () => undefined) {
    const db = database.open()
    const { record: recordAudit, list } = createAudit({ db, clock })
    const accounts = createAccounts({ db, clock, recordAudit })
    const signingKeys = createSigningKeys({
      db,
      clock,
      recordAudit,
      secrets: { list: secrets, reload: async () => reload() },
    })
    const tokens = createTokens({ db, clock, signingKeys })
    const attempts = createLoginAttempts({ db, clock, secret })
    const sessions = createSessions({ accounts, tokens, attempts, clock, log, passwords })
    return { db, accounts, signingKeys, tokens, attempts, sessions, listAudit: () => list({}, 50) }
  }

  const parts = connect()
  await migrate(parts.db)
  const founding = await parts.accounts.createFounding()
  return {
    clock,
    parts,
    connect,
    logged,
    slow,
    passwordOf: (username: string) =>
      founding.find((account) => account.username === username)?.password ?? '',
    close: database.remove,
  }
}

export async function withSite(work: (site: Site) => Promise<void>): Promise<void> {
  const site = await openSite()
  try {
    await work(site)
  } finally {
    await site.close()
  }
}
