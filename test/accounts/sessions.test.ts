import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { codeOf, errorOf } from './code-of.ts'
import { withSite } from './site.ts'

const test = suite('accounts/sessions')
const address = '192.0.2.1'

test('the right pair logs in, whatever the case of the name', () =>
  withSite(async ({ parts, passwordOf, logged }) => {
    const session = await parts.sessions.logIn({ username: 'SERG', password: passwordOf('serg'), address })
    assert.is(session.actor.username, 'serg')
    assert.is(session.actor.permissions.length, 5)
    assert.equal(
      logged.map(({ event, account }) => [event, account]),
      [['login.succeeded', 'serg']],
    )
  }))

test('an unknown name is refused as a wrong password is, after the same slow work', () =>
  withSite(async ({ parts, slow, logged }) => {
    const refusals = []
    for (const username of ['serg', 'nobody', 'serg', 'nobody', ''])
      refusals.push(await errorOf(parts.sessions.logIn({ username, password: 'guess', address })))
    assert.is(new Set(refusals.map((error) => `${error?.code} ${error?.message}`)).size, 1)
    assert.is(refusals[0]?.code, 'invalid_credentials')
    assert.equal(slow, { hashed: 1, checked: 5 })
    assert.equal(
      logged.map(({ account }) => account),
      ['serg', undefined, 'serg', undefined, undefined],
    )
  }))

test('the hash that unknown names are checked against costs what the stored ones cost', () =>
  withSite(async ({ parts }) => {
    const { passwordHash = '' } = (await parts.accounts.findWithHash('serg')) ?? {}
    const { hashPassword } = await import('../../src/lib/crypto.ts')
    const costOf = (hash: string) => hash.split('$').slice(0, 4).join('$')
    assert.match(costOf(passwordHash), /^\$argon2id\$v=19\$m=19456,t=2,p=1$/)
    assert.is(costOf(await hashPassword('nobody')), costOf(passwordHash))
  }))

test('who has to wait costs no slow work', () =>
  withSite(async ({ parts, slow }) => {
    const logIn = () => codeOf(parts.sessions.logIn({ username: 'serg', password: 'guess', address }))
    const codes = await Promise.all(Array.from({ length: 20 }, logIn))
    assert.is(codes.filter((code) => code === 'too_many_attempts').length, 14)
    assert.is(slow.checked, 6)
  }))

test('a right password that must wait is not looked at, and is right afterwards', () =>
  withSite(async ({ parts, passwordOf, clock }) => {
    const logIn = (password: string) => parts.sessions.logIn({ username: 'igor', password, address })
    for (let failure = 1; failure <= 6; failure++) await codeOf(logIn('guess'))
    assert.is(await codeOf(logIn(passwordOf('igor'))), 'too_many_attempts')
    clock.advance(1000)
    assert.is((await logIn(passwordOf('igor'))).actor.username, 'igor')
    for (let failure = 1; failure <= 5; failure++)
      assert.is(await codeOf(logIn('guess')), 'invalid_credentials', 'it has its free failures again')
  }))

test('a new password of one’s own needs the current one, and ends every token', () =>
  withSite(async ({ parts, passwordOf }) => {
    const { sessions } = parts
    const { actor, token } = await sessions.logIn({ username: 'serg', password: passwordOf('serg'), address })
    const next = 'correct horse battery'
    assert.is(
      await codeOf(sessions.changeOwnPassword(actor, { current: 'guess', next, address })),
      'invalid_credentials',
    )
    await sessions.changeOwnPassword(actor, { current: passwordOf('serg'), next, address })
    const shown = { authorization: `Bearer ${token}`, session: undefined }
    assert.is(await codeOf(sessions.describe(shown)), 'invalid_token')
    assert.is((await sessions.logIn({ username: 'serg', password: next, address })).actor.username, 'serg')
    const [entry] = await parts.listAudit()
    assert.equal([entry?.action, entry?.actor, entry?.target], ['account.password_changed', 'serg', 'serg'])
    assert.not.match(JSON.stringify(entry), /horse|argon2/)
  }))

test('a password that was checked against one that is no longer there changes nothing', () =>
  withSite(async ({ parts, passwordOf }) => {
    const stale = await parts.accounts.find('serg')
    const fresh = await parts.accounts.resetPassword('serg', 'igor')
    assert.ok(stale)
    if (stale)
      assert.is(await codeOf(parts.accounts.replacePassword(stale, 'a new one')), 'invalid_credentials')
    assert.is(
      await codeOf(parts.sessions.logIn({ username: 'serg', password: passwordOf('serg'), address })),
      'invalid_credentials',
    )
    await parts.sessions.logIn({ username: 'serg', password: fresh, address })
  }))

test.run()
