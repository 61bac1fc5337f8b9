// Logging in and out: tokens for programs, a cookie for the console.
import { z } from 'zod'
import { permissionSchema } from '../accounts/permissions.ts'
import { type Session, type Sessions, sessionCookie, sessionLifetimeSec } from '../accounts/sessions.ts'
import { defineEndpoint, type EndpointRequest } from './endpoint.ts'

interface SessionDeps {
  sessions: Pick<Sessions, 'logIn' | 'describe' | 'logOut' | 'changeOwnPassword'>
  publicUrl(): string
}

const expiresInSec = z.int().describe('Seconds for which it is good.')
const password = z.string().max(1024)
const credentials = z.strictObject({ username: z.string().max(256), password })

const sessionSchema = z
  .object({
    username: z.string(),
    permissions: z.array(permissionSchema),
    csrf_token: z.string().describe('For the header X-CSRF-Token of everything but reading.'),
    expires_in_sec: expiresInSec,
  })
  .meta({ id: 'Session' })

const throttled =
  'A name that does not exist is answered as a wrong password is. After 5 failures each further one makes the ' +
  'account wait twice as long as the one before, from 1 second to 15 minutes; an address has 30 failures in 15 minutes. ' +
  'Who has to wait gets 429 with `Retry-After`.'

const attemptErrors = ['invalid_credentials', 'too_many_attempts'] as const

export function sessionEndpoints({ sessions, publicUrl }: SessionDeps) {
  const isPublicSecure = () => publicUrl().startsWith('https:')

  const logIn = defineEndpoint({
    id: 'logIn',
    method: 'post',
    path: '/api/login',
    tag: 'Accounts',
    summary: 'Get an access token',
    description: throttled,
    access: 'public',
    body: credentials,
    reply: {
      status: 200,
      description: 'For the header `Authorization: Bearer …`.',
      body: z
        .object({
          access_token: z.string(),
          token_type: z.literal('bearer'),
          expires_in_sec: expiresInSec,
        })
        .meta({ id: 'AccessToken' }),
    },
    errors: attemptErrors,
    async handle({ body, address }) {
      const { token, expiresInSec } = await sessions.logIn({ ...body, address })
      return { access_token: token, token_type: 'bearer' as const, expires_in_sec: expiresInSec }
    },
  })

  const openSession = defineEndpoint({
    id: 'openSession',
    method: 'post',
    path: '/api/session',
    tag: 'Accounts',
    summary: 'Log in with a browser',
    description: `Sets the cookie \`${sessionCookie}\`, which scripts cannot read. ${throttled}`,
    access: 'public',
    body: credentials,
    reply: {
      status: 201,
      description: 'Logged in.',
      body: sessionSchema,
      headers: { 'Set-Cookie': 'The session.' },
    },
    errors: attemptErrors,
    async handle({ body, address, isSecure, setHeader }) {
      const session = await sessions.logIn({ ...body, address }, sessionLifetimeSec)
      setHeader('Set-Cookie', toSetCookie(session.token, sessionLifetimeSec, isSecure || isPublicSecure()))
      return toSessionWire(session)
    },
  })

  const getSession = defineEndpoint({
    id: 'getSession',
    method: 'get',
    path: '/api/session',
    tag: 'Accounts',
    summary: 'Who has logged in',
    access: 'account',
    reply: { status: 200, description: 'Account, rights, and the CSRF token.', body: sessionSchema },
    handle: async (request) => toSessionWire(await sessions.describe(shownBy(request))),
  })

  const closeSession = defineEndpoint({
    id: 'closeSession',
    method: 'delete',
    path: '/api/session',
    tag: 'Accounts',
    summary: 'Log out',
    description: 'Ends the token that the request came with, cookie or bearer, and no other one.',
    access: 'account',
    reply: { status: 204, description: 'Logged out.', headers: { 'Set-Cookie': 'Removes the cookie.' } },
    async handle(request) {
      await sessions.logOut(shownBy(request))
      request.setHeader('Set-Cookie', toSetCookie('', 0, request.isSecure || isPublicSecure()))
    },
  })

  const changePassword = defineEndpoint({
    id: 'changeOwnPassword',
    method: 'post',
    path: '/api/session/password',
    tag: 'Accounts',
    summary: 'Change one’s own password',
    description: `Ends every token of the account, also the one that the request came with. ${throttled}`,
    access: 'account',
    body: z.strictObject({
      current_password: password,
      new_password: password.min(12, 'must have at least 12 characters'),
    }),
    reply: {
      status: 204,
      description: 'Changed. Log in again.',
      headers: { 'Set-Cookie': 'Removes the cookie.' },
    },
    errors: [...attemptErrors, 'account_not_found'],
    async handle({ body, actor, address, isSecure, setHeader }) {
      const passwords = { current: body.current_password, next: body.new_password }
      await sessions.changeOwnPassword(actor, { ...passwords, address })
      setHeader('Set-Cookie', toSetCookie('', 0, isSecure || isPublicSecure()))
    },
  })

  return [logIn, openSession, getSession, closeSession, changePassword]
}

const shownBy = ({
  header,
  cookies,
}: Pick<EndpointRequest<unknown, unknown, unknown>, 'header' | 'cookies'>) => ({
  authorization: header('authorization'),
  session: cookies.get(sessionCookie),
})

// Koa refuses `Secure` where a proxy takes the TLS off, so the header is written here; a token needs no quoting.
function toSetCookie(token: string, maxAgeSec: number, isSecure: boolean): string {
  const secure = isSecure ? '; Secure' : ''
  return `${sessionCookie}=${token}; Path=/; Max-Age=${maxAgeSec}; HttpOnly; SameSite=Strict${secure}`
}

const toSessionWire = ({ actor, csrfToken, expiresInSec }: Session) => ({
  username: actor.username,
  permissions: [...actor.permissions],
  csrf_token: csrfToken,
  expires_in_sec: expiresInSec,
})
