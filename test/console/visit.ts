// A page of the console as an account with certain rights gets it.
import type { Permission } from '../../src/accounts/permissions.ts'
import type { TestServer } from '../support/server.ts'

export async function openPageAs(
  { app, url }: Pick<TestServer, 'app' | 'url'>,
  permissions: Permission[],
  path: string,
  language = 'en',
) {
  const username = permissions.join('.').replaceAll(':', '-')
  if (!(await app.accounts.find(username))) await app.accounts.add({ username, permissions }, 'a test')
  const { accessToken } = await app.sessions.issue({ username, permissions })
  const response = await fetch(`${url}${path}`, {
    headers: { cookie: `photochanger_session=${accessToken}`, 'accept-language': language },
    redirect: 'manual',
  })
  return { status: response.status, html: await response.text() }
}
