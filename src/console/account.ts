// /account: one's own name, rights, password and language.
import { definePage, type Page } from './page.ts'

export function accountPages(): Page[] {
  return [
    definePage({
      path: '/account',
      access: 'account',
      async show({ actor }) {
        return {
          template: 'account',
          title: 'account.title',
          styles: ['account.css'],
          scripts: ['account.js'],
          data: { account: actor },
        }
      },
    }),
  ]
}
