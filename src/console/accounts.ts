// /settings/accounts: who may log in, and what they may do.
import type { Accounts } from '../accounts/accounts.ts'
import { allPermissions } from '../accounts/permissions.ts'
import { definePage, type Page } from './page.ts'

export interface AccountsPageDeps {
  accounts: Pick<Accounts, 'list'>
}

export function accountsPages({ accounts }: AccountsPageDeps): Page[] {
  return [
    definePage({
      path: '/settings/accounts',
      access: 'settings:read',
      async show({ actor }) {
        const all = await accounts.list()
        return {
          template: 'accounts',
          title: 'accounts.title',
          styles: ['settings.css', 'accounts.css'],
          scripts: ['accounts.js'],
          data: {
            accounts: all.map((account) => ({ ...account, isOwn: account.username === actor.username })),
            permissions: allPermissions,
          },
        }
      },
    }),
  ]
}
