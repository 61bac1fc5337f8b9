// Administrators' accounts. Passwords are kept only as slow salted hashes.
import type { Database } from '../db/database.ts'
import type { Clock } from '../lib/clock.ts'
import { generatePassword, hashPassword } from '../lib/crypto.ts'

export const allPermissions = [
  'slots:read',
  'slots:write',
  'settings:read',
  'settings:write',
  'stats:read',
] as const

/** The two accounts that exist from the start. */
const foundingUsernames = ['serg', 'igor']

export interface NewAccount {
  username: string
  /** Shown this one time. */
  password: string
}

export type Accounts = ReturnType<typeof createAccounts>

export function createAccounts({ db, clock }: { db: Database; clock: Clock }) {
  return {
    /** Makes the founding accounts that do not exist yet, with all rights, and returns their passwords. */
    async createFounding(): Promise<NewAccount[]> {
      const created: NewAccount[] = []
      for (const username of foundingUsernames) {
        const password = generatePassword()
        const now = clock.now()
        const { numInsertedOrUpdatedRows } = await db.query
          .insertInto('accounts')
          .values({
            username,
            password_hash: await hashPassword(password),
            permissions_json: JSON.stringify(allPermissions),
            created_at: now,
            updated_at: now,
          })
          .onConflict((conflict) => conflict.column('username').doNothing())
          .executeTakeFirst()
        if (numInsertedOrUpdatedRows === 1n) created.push({ username, password })
      }
      return created
    },
  }
}
