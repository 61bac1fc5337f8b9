// Asks for pages as a browser that has logged in with an account of its own.
import { allPermissions, type Permission } from '../../src/accounts/permissions.ts'
import { sessionCookie } from '../../src/accounts/sessions.ts'
import type { TestServer } from '../support/server.ts'

type Visit = (path: string) => Promise<{ status: number; html: string }>

export async function visitAs(
  { app, url }: Pick<TestServer, 'app' | 'url'>,
  permissions: readonly Permission[] = allPermissions,
  language = 'en',
): Promise<Visit> {
  const username = `with-${permissions.length}-rights`
  const { password } = await app.accounts.add({ username, permissions }, 'test')
  const { token } = await app.sessions.logIn({ username, password, address: '127.0.0.1' })
  return async (path) => {
    const response = await fetch(`${url}${path}`, {
      headers: { cookie: `${sessionCookie}=${token}`, 'accept-language': language },
      redirect: 'manual',
    })
    return { status: response.status, html: await response.text() }
  }
}

/** What a reader sees of a page. */
export const textOf = (html: string): string =>
  html.replace(/<script[\s\S]*?<\/script>/g, '').replace(/<[^>]*>/g, ' ')
