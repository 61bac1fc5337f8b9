// Administrators' accounts. Passwords are kept only as slow salted hashes.

import type { AccountRow } from '../db/administration-tables.ts'
import type { Database, Query } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { generatePassword, hashPassword } from '../lib/crypto.ts'
import { newId } from '../lib/id.ts'
import { allPermissions, type Permission, permissionSchema } from './permissions.ts'
import { toUsername } from './username.ts'

/** The two accounts that exist from the start. */
const foundingUsernames = ['serg', 'igor']

/** Whoever has it can give every right to anybody, so somebody must keep it. */
const administering: Permission = 'settings:write'

export interface Account {
  username: string
  permissions: readonly Permission[]
  /** Another one with each new password. */
  credentialId: string
  createdAt: number
  updatedAt: number
}

export interface NewAccount {
  username: string
  /** Shown this one time. */
  password: string
}

interface AccountsDeps {
  db: Database
  clock: Clock
  /** Writes into the audit log, inside the transaction. */
  recordAudit(
    tx: Query,
    entry: { actor: string; action: string; target: string; before?: unknown; after?: unknown },
  ): Promise<void>
}

export type Accounts = ReturnType<typeof createAccounts>

export function createAccounts({ db, clock, recordAudit }: AccountsDeps) {
  async function save(tx: Query, { username, password_hash, permissions }: NewRow): Promise<boolean> {
    const now = clock.now()
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('accounts')
      .values({
        username,
        password_hash,
        permissions_json: JSON.stringify(inOrder(permissions)),
        credential_id: newId(),
        created_at: now,
        updated_at: now,
      })
      .onConflict((conflict) => conflict.column('username').doNothing())
      .executeTakeFirst()
    return numInsertedOrUpdatedRows === 1n
  }

  async function savePassword(
    name: string,
    password: string,
    actor: string,
    assertCurrent: (row: AccountRow) => void,
  ): Promise<void> {
    const passwordHash = await hashPassword(password)
    await db.write(async (tx) => {
      const row = await getRow(tx, name)
      assertCurrent(row)
      await tx
        .updateTable('accounts')
        .set({ password_hash: passwordHash, credential_id: newId(), updated_at: clock.now() })
        .where('username', '=', row.username)
        .execute()
      await recordAudit(tx, { actor, action: 'account.password_changed', target: row.username })
    })
  }

  return {
    async find(username: string): Promise<Account | undefined> {
      const row = await findRow(db.query, username)
      return row && toAccount(row)
    },

    /** The account with what its password is checked against. */
    async findWithHash(username: string): Promise<{ account: Account; passwordHash: string } | undefined> {
      const row = await findRow(db.query, username)
      return row && { account: toAccount(row), passwordHash: row.password_hash }
    },

    async list(): Promise<Account[]> {
      const rows = await db.query.selectFrom('accounts').selectAll().orderBy('username').execute()
      return rows.map(toAccount)
    },

    /**
     * `username` fits `usernameSchema`. The password is made here.
     * @throws AppError account_exists
     */
    async add(
      { username, permissions }: { username: string; permissions: readonly Permission[] },
      actor: string,
    ): Promise<{ account: Account; password: string }> {
      const password = generatePassword()
      const password_hash = await hashPassword(password)
      const account = await db.write(async (tx) => {
        if (!(await save(tx, { username, password_hash, permissions }))) {
          throw new AppError('account_exists', { message: `There is an account "${username}" already.` })
        }
        const added = toAccount(await getRow(tx, username))
        const after = { permissions: added.permissions }
        await recordAudit(tx, { actor, action: 'account.added', target: username, after })
        return added
      })
      return { account, password }
    },

    /** Counts from the account's next request on. @throws AppError account_not_found, last_administrator */
    setPermissions(name: string, permissions: readonly Permission[], actor: string): Promise<Account> {
      return db.write(async (tx) => {
        const before = toAccount(await getRow(tx, name))
        const after = inOrder(permissions)
        if (!after.includes(administering)) await assertNotLast(tx, before)
        await tx
          .updateTable('accounts')
          .set({ permissions_json: JSON.stringify(after), updated_at: clock.now() })
          .where('username', '=', before.username)
          .execute()
        await recordAudit(tx, {
          actor,
          action: 'account.rights_changed',
          target: before.username,
          before: { permissions: before.permissions },
          after: { permissions: after },
        })
        return toAccount(await getRow(tx, before.username))
      })
    },

    /** Ends the account's tokens. Returns the new password, the only time. @throws AppError account_not_found */
    async resetPassword(name: string, actor: string): Promise<string> {
      const password = generatePassword()
      await savePassword(name, password, actor, () => undefined)
      return password
    },

    /**
     * Ends the account's tokens. Counts only while the account still has the credential that was checked.
     * @throws AppError invalid_credentials, account_not_found
     */
    replacePassword: ({ username, credentialId }: Account, password: string): Promise<void> =>
      savePassword(username, password, username, ({ credential_id }) => {
        if (credential_id !== credentialId) throw new AppError('invalid_credentials')
      }),

    /** Ends the account's tokens. @throws AppError account_not_found, last_administrator */
    async remove(name: string, actor: string): Promise<void> {
      await db.write(async (tx) => {
        const account = toAccount(await getRow(tx, name))
        await assertNotLast(tx, account)
        await tx.deleteFrom('accounts').where('username', '=', account.username).execute()
        const before = { permissions: account.permissions }
        await recordAudit(tx, { actor, action: 'account.removed', target: account.username, before })
      })
    },

    /** Makes the founding accounts that do not exist yet, with all rights, and returns their passwords. */
    async createFounding(): Promise<NewAccount[]> {
      const created: NewAccount[] = []
      for (const username of foundingUsernames) {
        const password = generatePassword()
        const password_hash = await hashPassword(password)
        const isNew = await save(db.query, { username, password_hash, permissions: allPermissions })
        if (isNew) created.push({ username, password })
      }
      return created
    },
  }
}

type NewRow = Pick<AccountRow, 'username' | 'password_hash'> & { permissions: readonly Permission[] }

const inOrder = (permissions: readonly Permission[]): Permission[] =>
  allPermissions.filter((permission) => permissions.includes(permission))

const findRow = (query: Query, name: string): Promise<AccountRow | undefined> =>
  query.selectFrom('accounts').selectAll().where('username', '=', toUsername(name)).executeTakeFirst()

async function getRow(query: Query, name: string): Promise<AccountRow> {
  const row = await findRow(query, name)
  if (row) return row
  throw new AppError('account_not_found', { message: `There is no account "${name}".` })
}

/** Reads under the write lock: two administrators who remove each other at once do not both succeed. */
async function assertNotLast(tx: Query, { username, permissions }: Account): Promise<void> {
  if (!permissions.includes(administering)) return
  const others = await tx.selectFrom('accounts').selectAll().where('username', '!=', username).execute()
  if (others.some((row) => toAccount(row).permissions.includes(administering))) return
  throw new AppError('last_administrator', {
    message: `"${username}" is the last account with the right "${administering}". Give it to another one first.`,
  })
}

const toAccount = (row: AccountRow): Account => ({
  username: row.username,
  permissions: permissionSchema.array().parse(JSON.parse(row.permissions_json)),
  credentialId: row.credential_id,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
