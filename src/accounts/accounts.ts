// Administrators' accounts. Passwords are kept only as slow salted hashes.
import type { Database } from '../db/database.ts'
import type { Clock } from '../lib/clock.ts'
import { generatePassword, hashPassword } from '../lib/crypto.ts'
import { type Actor, allPermissions } from './permissions.ts'

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
    async find(username: string): Promise<Actor | undefined> {
      const row = await db.query
        .selectFrom('accounts')
        .selectAll()
        .where('username', '=', username)
        .executeTakeFirst()
      return row && { username, permissions: JSON.parse(row.permissions_json) }
    },

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
