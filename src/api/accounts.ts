// Administrators' accounts. Passwords are made here and shown once.
import { z } from 'zod'
import type { Account, Accounts } from '../accounts/accounts.ts'
import { permissionSchema } from '../accounts/permissions.ts'
import { usernameSchema } from '../accounts/username.ts'
import { toIso } from '../lib/clock.ts'
import { defineEndpoint } from './endpoint.ts'
import { timeSchema } from './parameters.ts'

export const accountSchema = z
  .object({
    username: z.string(),
    permissions: z.array(permissionSchema),
    created_at: timeSchema,
    updated_at: timeSchema.describe('When rights or password were changed last.'),
  })
  .meta({ id: 'Account' })

export const toAccountWire = ({ username, permissions, createdAt, updatedAt }: Account) => ({
  username,
  permissions: [...permissions],
  created_at: toIso(createdAt),
  updated_at: toIso(updatedAt),
})

const passwordSchema = z.string().describe('Shown this one time.')
const permissionsSchema = z.array(permissionSchema).max(50)
const params = z.object({ username: z.string() })

export function accountEndpoints({ accounts }: { accounts: Accounts }) {
  const list = defineEndpoint({
    id: 'listAccounts',
    method: 'get',
    path: '/api/accounts',
    tag: 'Accounts',
    summary: 'All accounts and what they may do',
    access: 'settings:read',
    reply: {
      status: 200,
      description: 'In alphabetical order.',
      body: z.object({ items: z.array(accountSchema) }),
    },
    handle: async () => ({ items: (await accounts.list()).map(toAccountWire) }),
  })

  const add = defineEndpoint({
    id: 'addAccount',
    method: 'post',
    path: '/api/accounts',
    tag: 'Accounts',
    summary: 'Add an account',
    description: 'Names are not case sensitive and kept in small letters.',
    access: 'settings:write',
    body: z.strictObject({ username: usernameSchema, permissions: permissionsSchema }),
    reply: {
      status: 201,
      description: 'The account with its password.',
      body: accountSchema.extend({ password: passwordSchema }).meta({ id: 'NewAccount' }),
    },
    errors: ['account_exists'],
    async handle({ body, actor }) {
      const { account, password } = await accounts.add(body, actor.username)
      return { ...toAccountWire(account), password }
    },
  })

  const setPermissions = defineEndpoint({
    id: 'setAccountPermissions',
    method: 'put',
    path: '/api/accounts/{username}',
    tag: 'Accounts',
    summary: 'Set what an account may do',
    description:
      'Counts from the account’s next request on, with the tokens that it has. Somebody must keep `settings:write`.',
    access: 'settings:write',
    params,
    body: z.strictObject({ permissions: permissionsSchema }),
    reply: { status: 200, description: 'The account.', body: accountSchema },
    errors: ['account_not_found', 'last_administrator'],
    async handle({ params: { username }, body, actor }) {
      return toAccountWire(await accounts.setPermissions(username, body.permissions, actor.username))
    },
  })

  const resetPassword = defineEndpoint({
    id: 'resetAccountPassword',
    method: 'post',
    path: '/api/accounts/{username}/password',
    tag: 'Accounts',
    summary: 'Give an account a new password',
    description: 'Ends every token of the account.',
    access: 'settings:write',
    params,
    reply: {
      status: 200,
      description: 'The new password.',
      body: z.object({ password: passwordSchema }),
    },
    errors: ['account_not_found'],
    async handle({ params: { username }, actor }) {
      return { password: await accounts.resetPassword(username, actor.username) }
    },
  })

  const remove = defineEndpoint({
    id: 'removeAccount',
    method: 'delete',
    path: '/api/accounts/{username}',
    tag: 'Accounts',
    summary: 'Remove an account',
    description: 'Ends every token of the account. Somebody must keep `settings:write`.',
    access: 'settings:write',
    params,
    reply: { status: 204, description: 'Removed.' },
    errors: ['account_not_found', 'last_administrator'],
    async handle({ params: { username }, actor }) {
      await accounts.remove(username, actor.username)
    },
  })

  return [list, add, setPermissions, resetPassword, remove]
}
