// Who is calling: logging in, and from then on a token, as a bearer or in the console's cookie. The account's row
// decides at each request: rights, password and removal count at once.
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { hashPassword, isPasswordOf } from '../lib/crypto.ts'
import type { Log } from '../lib/log.ts'
import type { Account, Accounts } from './accounts.ts'
import type { LoginAttempts } from './login-attempts.ts'
import type { Actor } from './permissions.ts'
import { maxLifetimeSec } from './signing-keys.ts'
import type { Claims, Tokens } from './tokens.ts'
import { toUsername } from './username.ts'

export const sessionCookie = 'photochanger_session'

export const accessTokenLifetimeSec = 3600
/** Of the console: a day of work at an event. */
export const sessionLifetimeSec = maxLifetimeSec

export interface Session {
  actor: Actor
  token: string
  csrfToken: string
  expiresInSec: number
}

/** What a request shows. */
interface Shown {
  /** The `Authorization` header. */
  authorization: string
  /** The value of the session cookie. */
  session: string | undefined
}

interface SessionDeps {
  accounts: Pick<Accounts, 'find' | 'findWithHash' | 'replacePassword'>
  tokens: Tokens
  attempts: LoginAttempts
  clock: Clock
  log: Log
  /** Slow on purpose. */
  passwords?: { hash: typeof hashPassword; isRight: typeof isPasswordOf }
}

export type Sessions = ReturnType<typeof createSessions>

export function createSessions({
  accounts,
  tokens,
  attempts,
  clock,
  log,
  passwords = { hash: hashPassword, isRight: isPasswordOf },
}: SessionDeps) {
  let decoy: Promise<string> | undefined

  /** With the same parameters as every other one. */
  function hashOfNobody(): Promise<string> {
    decoy ??= passwords.hash('nobody').catch((error: unknown) => {
      decoy = undefined
      throw error
    })
    return decoy
  }

  /** As much work for a name that does not exist. @throws AppError invalid_credentials, too_many_attempts */
  async function checkPassword(username: string, password: string, address: string): Promise<Account> {
    const attempt = await attempts.take(username, address)
    const decoyHash = await hashOfNobody()
    const found = await accounts.findWithHash(username)
    const isRight = await passwords.isRight(found?.passwordHash ?? decoyHash, password)
    if (!found || !isRight) {
      // Not a name that is unknown: it may be a password in the wrong field.
      log.warn({ address, ...(found && { account: username }) }, 'login.failed')
      throw new AppError('invalid_credentials', { message: 'User name or password is wrong.' })
    }
    await attempts.giveBack(attempt)
    return found.account
  }

  async function open(account: Account, lifetimeSec: number): Promise<Session> {
    const token = await tokens.issue(account, lifetimeSec)
    return { actor: toActor(account), token, csrfToken: tokens.csrfTokenOf(token), expiresInSec: lifetimeSec }
  }

  async function verify(token: string): Promise<{ actor: Actor; claims: Claims }> {
    const claims = await tokens.verify(token)
    const account = await accounts.find(claims.username)
    if (account?.credentialId !== claims.credentialId) throw new AppError('invalid_token')
    return { actor: toActor(account), claims }
  }

  return {
    /** @throws AppError invalid_credentials, too_many_attempts */
    async logIn(
      { username, password, address }: { username: string; password: string; address: string },
      lifetimeSec = accessTokenLifetimeSec,
    ): Promise<Session> {
      const account = await checkPassword(toUsername(username), password, address)
      const session = await open(account, lifetimeSec)
      log.info({ account: account.username, address }, 'login.succeeded')
      return session
    },

    /** A token without a password, for who is in charge anyway. @throws AppError account_not_found */
    async issue({
      username,
    }: Pick<Actor, 'username'> & Partial<Actor>): Promise<{ accessToken: string; expiresInSec: number }> {
      const account = await accounts.find(username)
      if (!account) throw new AppError('account_not_found')
      const { token, expiresInSec } = await open(account, accessTokenLifetimeSec)
      return { accessToken: token, expiresInSec }
    },

    /** @throws AppError invalid_token; forbidden where a cookie would write without its CSRF token */
    async authenticate(
      shown: Shown & {
        /** The `X-CSRF-Token` header. */
        csrfToken: string
        isReading: boolean
      },
    ): Promise<Actor> {
      const { token, isCookie } = pick(shown)
      const { actor } = await verify(token)
      if (isCookie && !shown.isReading && !tokens.isCsrfTokenOf(token, shown.csrfToken)) {
        throw new AppError('forbidden', { message: 'The header X-CSRF-Token of this session is missing.' })
      }
      return actor
    },

    /** @throws AppError invalid_token */
    async describe(shown: Shown): Promise<Session> {
      const { token } = pick(shown)
      const { actor, claims } = await verify(token)
      const expiresInSec = Math.max(0, Math.floor((claims.expiresAt - clock.now()) / 1000))
      return { actor, token, csrfToken: tokens.csrfTokenOf(token), expiresInSec }
    },

    csrfTokenOf: tokens.csrfTokenOf,

    /** Ends this one token. @throws AppError invalid_token */
    async logOut(shown: Shown): Promise<void> {
      await tokens.revoke(await tokens.verify(pick(shown).token))
    },

    /** Ends every token of the account. @throws AppError invalid_credentials, too_many_attempts */
    async changeOwnPassword(
      { username }: Pick<Actor, 'username'>,
      { current, next, address }: { current: string; next: string; address: string },
    ): Promise<void> {
      await accounts.replacePassword(await checkPassword(username, current, address), next)
    },
  }
}

const toActor = ({ username, permissions }: Account): Actor => ({ username, permissions })

/** Another scheme is none of ours: a proxy in front may ask for a password of its own. */
function pick({ authorization, session }: Shown): { token: string; isCookie: boolean } {
  const bearer = /^bearer +(\S+)$/i.exec(authorization)?.[1]
  if (bearer !== undefined) return { token: bearer, isCookie: false }
  if (session === undefined) throw new AppError('invalid_token')
  return { token: session, isCookie: true }
}
