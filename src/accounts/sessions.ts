// Who is calling: access tokens (JWT), as a bearer or in the console's cookie.
import { jwtVerify, SignJWT } from 'jose'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { deriveKey } from '../lib/crypto.ts'
import type { Accounts } from './accounts.ts'
import type { Actor } from './permissions.ts'

export const sessionCookie = 'photochanger_session'

const lifetimeSec = 3600
const algorithm = 'HS256'

interface SessionDeps {
  accounts: Pick<Accounts, 'find'>
  secret: string
  clock: Clock
}

export type Sessions = ReturnType<typeof createSessions>

export function createSessions({ accounts, secret, clock }: SessionDeps) {
  const key = deriveKey(secret, 'access-tokens')

  return {
    async issue({ username, permissions }: Actor): Promise<{ accessToken: string; expiresInSec: number }> {
      const issuedAt = Math.floor(clock.now() / 1000)
      const accessToken = await new SignJWT({ permissions })
        .setProtectedHeader({ alg: algorithm })
        .setSubject(username)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSec)
        .sign(key)
      return { accessToken, expiresInSec: lifetimeSec }
    },

    /** @throws AppError invalid_token */
    async authenticate({ authorization }: { authorization: string }): Promise<Actor> {
      const token = /^bearer (\S+)$/i.exec(authorization)?.[1] ?? ''
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [algorithm],
          currentDate: new Date(clock.now()),
        })
        const account = await accounts.find(payload.sub ?? '')
        if (account) return account
      } catch (cause) {
        throw new AppError('invalid_token', { cause })
      }
      throw new AppError('invalid_token')
    },
  }
}
