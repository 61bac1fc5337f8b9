// Access tokens (JWT, HS256): made, checked, revoked. Whose they are and what those may do is looked up elsewhere.
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import type { Database } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { isSignatureOf, sign } from '../lib/crypto.ts'
import { newId } from '../lib/id.ts'
import type { Account } from './accounts.ts'
import { maxLifetimeSec, type SigningKeys } from './signing-keys.ts'

const algorithm = 'HS256'
/** Of clocks of several hosts. */
const toleranceSec = 5

const claimsSchema = z
  .object({ sub: z.string(), jti: z.string(), exp: z.number(), cred: z.string() })
  .transform(({ sub, jti, exp, cred }) => ({
    username: sub,
    jti,
    expiresAt: exp * 1000,
    /** The account's credential when the token was made. */
    credentialId: cred,
  }))

export type Claims = z.output<typeof claimsSchema>

export type Tokens = ReturnType<typeof createTokens>

interface TokensDeps {
  db: Database
  clock: Clock
  signingKeys: Pick<SigningKeys, 'current' | 'find' | 'derive'>
}

export function createTokens({ db, clock, signingKeys }: TokensDeps) {
  return {
    /** `lifetimeSec` is at most `maxLifetimeSec`. */
    async issue({ username, permissions, credentialId }: Account, lifetimeSec: number): Promise<string> {
      const key = await signingKeys.current()
      const issuedAt = Math.floor(clock.now() / 1000)
      return new SignJWT({ permissions, cred: credentialId })
        .setProtectedHeader({ alg: algorithm, typ: 'JWT', kid: key.id })
        .setSubject(username)
        .setJti(newId())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSec)
        .sign(key.tokens)
    },

    /** @throws AppError invalid_token */
    async verify(token: string): Promise<Claims> {
      const claims = claimsSchema.safeParse(await verifiedPayload(token))
      if (!claims.success) throw new AppError('invalid_token', { cause: claims.error })
      const revoked = await db.query
        .selectFrom('revoked_tokens')
        .select('jti')
        .where('jti', '=', claims.data.jti)
        .executeTakeFirst()
      if (revoked) throw new AppError('invalid_token')
      return claims.data
    },

    async revoke({ jti, expiresAt }: Claims): Promise<void> {
      const keptUntil = expiresAt + toleranceSec * 1000
      await db.write(async (tx) => {
        await tx.deleteFrom('revoked_tokens').where('expires_at', '<=', clock.now()).execute()
        await tx
          .insertInto('revoked_tokens')
          .values({ jti, expires_at: keptUntil })
          .onConflict((conflict) => conflict.column('jti').doNothing())
          .execute()
      })
    },

    /** Does not verify the token. @throws AppError invalid_token */
    csrfTokenOf(token: string): string {
      const { key, jti } = csrfPartsOf(token)
      return sign(key, jti)
    },

    /** Known to whoever can read answers of this server, not to whoever can make a browser send something. */
    isCsrfTokenOf(token: string, given: string): boolean {
      const { key, jti } = csrfPartsOf(token)
      return isSignatureOf(key, jti, given)
    },
  }

  function csrfPartsOf(token: string): { key: Buffer; jti: string } {
    try {
      const key = signingKeys.derive(decodeProtectedHeader(token).kid ?? '')
      const { jti } = decodeJwt(token)
      if (key && jti !== undefined) return { key: key.csrf, jti }
    } catch {
      // Not a token at all.
    }
    throw new AppError('invalid_token')
  }

  async function verifiedPayload(token: string): Promise<unknown> {
    try {
      const { payload } = await jwtVerify(token, keyOf, {
        algorithms: [algorithm],
        currentDate: new Date(clock.now()),
        clockTolerance: toleranceSec,
        maxTokenAge: maxLifetimeSec,
        requiredClaims: ['sub', 'permissions', 'iat', 'exp', 'jti'],
      })
      return payload
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new AppError('invalid_token', { cause: error })
      throw error
    }
  }

  async function keyOf({ kid }: { kid?: string }): Promise<Uint8Array> {
    const key = await signingKeys.find(kid ?? '')
    if (!key) throw new AppError('invalid_token')
    return key.tokens
  }
}
