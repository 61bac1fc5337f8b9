import { generateKeyPairSync, sign as signWith } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { allPermissions } from '../../src/accounts/permissions.ts'
import { deriveKey } from '../../src/lib/crypto.ts'
import { codeOf } from './code-of.ts'
import { type Parts, type Site, secret, withSite } from './site.ts'

const test = suite('accounts/tokens')

const bearer = (token: string) => ({
  authorization: `Bearer ${token}`,
  session: undefined,
  csrfToken: '',
  isReading: false,
})

const tokenOf = async ({ sessions }: Parts, username = 'serg') =>
  (await sessions.issue({ username, permissions: [] })).accessToken

const accepts = async ({ sessions }: Parts, token: string) =>
  (await sessions.authenticate(bearer(token))).username

const refuses = async ({ sessions }: Parts, token: string, why: string) =>
  assert.is(await codeOf(sessions.authenticate(bearer(token))), 'invalid_token', why)

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Header and claims as a good token has them, to be changed and signed anew. */
async function takeApart({ parts }: Site) {
  const token = await tokenOf(parts)
  const header = decodeProtectedHeader(token) as { alg: string; kid: string }
  const claims = decodeJwt(token) as Record<string, unknown> & { exp: number; iat: number }
  const key = deriveKey(secret, 'access-tokens-1')
  const signed = (changes: Record<string, unknown>, headerChanges = {}, by: Uint8Array = key) => {
    const all: Record<string, unknown> = { ...claims, ...changes }
    const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
    return new SignJWT(kept).setProtectedHeader({ ...header, ...headerChanges }).sign(by)
  }
  return { token, header, claims, key, signed }
}

test('a token carries account, rights, times and its own id, and names its key', () =>
  withSite(async (site) => {
    const { token, header, claims, signed } = await takeApart(site)
    assert.equal([header.alg, claims.sub, claims.permissions], ['HS256', 'serg', [...allPermissions]])
    assert.is(claims.exp - claims.iat, 3600)
    assert.match(String(claims.jti), /^[0-9a-f-]{36}$/)
    assert.match(header.kid, /^[0-9a-f]{16}-1$/)
    assert.is(await accepts(site.parts, token), 'serg')
    // What the forgeries below begin with is good as long as nothing is changed.
    assert.is(await accepts(site.parts, await signed({})), 'serg')
  }))

test('a forged token is refused, however it was forged', () =>
  withSite(async (site) => {
    const { token, header, claims, key, signed } = await takeApart(site)
    const [head = '', body = '', signature = ''] = token.split('.')
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const rsaInput = `${encode({ ...header, alg: 'RS256' })}.${body}`
    const forged = {
      'no algorithm': `${encode({ ...header, alg: 'none' })}.${body}.`,
      'no algorithm, old signature': `${encode({ ...header, alg: 'none' })}.${body}.${signature}`,
      'no signature': `${head}.${body}.`,
      'another account': `${head}.${encode({ ...claims, sub: 'igor' })}.${signature}`,
      'longer life': `${head}.${encode({ ...claims, exp: claims.exp + 1 })}.${signature}`,
      'another key': await signed({}, {}, deriveKey('another secret', 'access-tokens-1')),
      'the secret itself': await signed({}, {}, Buffer.from(secret)),
      'the key of another purpose': await signed({}, {}, deriveKey(secret, 'csrf-tokens-1')),
      HS512: await signed({}, { alg: 'HS512' }, Buffer.concat([key, key])),
      RS256: `${rsaInput}.${signWith('sha256', Buffer.from(rsaInput), privateKey).toString('base64url')}`,
      'another key id': await signed({}, { kid: header.kid.replace('-1', '-2') }),
      'a key id that nobody has': await signed({}, { kid: 'x' }),
      'no key id': await signed({}, { kid: undefined }),
      'a critical extension': await signed({}, { crit: ['x'], x: 1 }).catch(
        () => `${encode({ ...header, crit: ['x'], x: 1 })}.${body}.${signature}`,
      ),
      'not a token': 'abc',
      'empty parts': '..',
      'header not JSON': `abc.${body}.${signature}`,
      'header not an object': `${encode([1])}.${body}.${signature}`,
    }
    for (const [how, forgery] of Object.entries(forged)) await refuses(site.parts, forgery, how)
  }))

test('claims must be there, be what they are, and be of now', () =>
  withSite(async (site) => {
    const { claims, signed } = await takeApart(site)
    for (const name of ['sub', 'permissions', 'iat', 'exp', 'jti', 'cred'])
      await refuses(site.parts, await signed({ [name]: undefined }), `without ${name}`)
    await refuses(site.parts, await signed({ nbf: claims.iat + 60 }), 'not valid yet')
    await refuses(site.parts, await signed({ iat: claims.iat + 60 }), 'made in the future')
    await refuses(site.parts, await signed({ exp: claims.exp + 1e6, iat: claims.iat - 13 * 3600 }), 'too old')
    await refuses(site.parts, await signed({ sub: 'nobody' }), 'an account that there is not')
    await refuses(site.parts, await signed({ sub: 7 }), 'not a name')
    await refuses(site.parts, await signed({ cred: 'x' }), 'another credential')
  }))

test('a token ends when its time is over', () =>
  withSite(async ({ parts, clock }) => {
    const token = await tokenOf(parts)
    clock.advance(3_599_000)
    assert.is(await accepts(parts, token), 'serg')
    clock.advance(7_000)
    await refuses(parts, token, 'expired')
  }))

test('rights are those of the account at the moment, not those of the token', () =>
  withSite(async ({ parts, connect }) => {
    const token = await tokenOf(parts)
    await connect().accounts.setPermissions('serg', ['stats:read'], 'igor')
    assert.equal((await parts.sessions.authenticate(bearer(token))).permissions, ['stats:read'])
  }))

test('a new password and removal end every token of the account, and no other', () =>
  withSite(async ({ parts, connect }) => {
    const mine = await tokenOf(parts, 'igor')
    const before = [await tokenOf(parts), await tokenOf(parts)]
    await connect().accounts.resetPassword('serg', 'igor')
    for (const token of before) await refuses(parts, token, 'after a new password')
    const after = await tokenOf(parts)
    assert.is(await accepts(parts, after), 'serg')
    await connect().accounts.remove('serg', 'igor')
    await refuses(parts, after, 'after removal')
    await parts.accounts.add({ username: 'serg', permissions: [] }, 'igor')
    for (const token of [...before, after]) await refuses(parts, token, 'of an older account with the name')
    assert.is(await accepts(parts, mine), 'igor')
  }))

test('logging out ends one token, in every process, and its row goes when the token would have ended', () =>
  withSite(async ({ parts, connect, clock }) => {
    const [one, other] = [await tokenOf(parts), await tokenOf(parts)]
    await parts.sessions.logOut(bearer(one))
    await refuses(connect(), one, 'logged out')
    assert.is(await accepts(parts, other), 'serg')
    clock.advance(3_700_000)
    await parts.sessions.logOut(bearer(await tokenOf(parts)))
    const rows = await parts.db.query.selectFrom('revoked_tokens').selectAll().execute()
    assert.is(rows.length, 1)
  }))

test('after a rotation older tokens are good until they expire, and their key is then no longer accepted', () =>
  withSite(async (site) => {
    const { parts, connect, clock } = site
    const { token, signed } = await takeApart(site)
    await connect().signingKeys.rotate({ endsTokens: false, actor: 'igor' })
    assert.is(await accepts(parts, token), 'serg')
    const fresh = await tokenOf(parts)
    assert.match(String(decodeProtectedHeader(fresh).kid), /-2$/)
    clock.advance(12 * 3_600_000)
    const now = Math.floor(clock.now() / 1000)
    await refuses(parts, await signed({ iat: now, exp: now + 60 }), 'signed with a stolen old key')
  }))

test('a rotation that ends all tokens does so in every process', () =>
  withSite(async ({ parts, connect }) => {
    const oldest = await tokenOf(parts)
    await parts.signingKeys.rotate({ endsTokens: false, actor: 'igor' })
    const older = await tokenOf(parts)
    await connect().signingKeys.rotate({ endsTokens: true, actor: 'igor' })
    await refuses(parts, oldest, 'two generations old')
    await refuses(parts, older, 'one generation old')
    assert.is(await accepts(parts, await tokenOf(parts)), 'serg')
  }))

test('of several secrets the first signs and all verify', () =>
  withSite(async ({ parts, connect }) => {
    const old = await tokenOf(parts)
    const both = connect(() => ['the new secret of this installation', secret])
    assert.is(await accepts(both, old), 'serg')
    const fresh = await tokenOf(both)
    assert.not.equal(decodeProtectedHeader(fresh).kid, decodeProtectedHeader(old).kid)
    await refuses(parts, fresh, 'a secret that this process does not have')
    await refuses(
      connect(() => ['the new secret of this installation']),
      old,
      'a secret that was taken away',
    )
  }))

test('a secret that another process has begun to use is looked for', () =>
  withSite(async ({ parts, connect }) => {
    let secrets = ['a secret from before the rotation']
    const running = connect(
      () => secrets,
      () => {
        secrets = [secret, ...secrets]
      },
    )
    assert.is(await accepts(running, await tokenOf(parts)), 'serg')
    assert.is(secrets.length, 2)
    await refuses(running, 'x.y.z', 'not a token')
    assert.is(secrets.length, 2, 'whoever sends nonsense does not make it look')
  }))

test.run()
