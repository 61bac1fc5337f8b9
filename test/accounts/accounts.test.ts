import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { usernameSchema } from '../../src/accounts/username.ts'
import { codeOf } from './code-of.ts'
import { withSite } from './site.ts'

const test = suite('accounts/accounts')

test('names are short, plain and in small letters', () => {
  assert.is(usernameSchema.parse('Olga_P.2-x'), 'olga_p.2-x')
  for (const name of ['', 'a b', 'ольга', 'a/b', 'a@b', 'x'.repeat(65)])
    assert.is(usernameSchema.safeParse(name).success, false, name)
})

test('an account is added once, whatever the case of its name', () =>
  withSite(async ({ parts: { accounts } }) => {
    const { account, password } = await accounts.add(
      { username: 'olga', permissions: ['stats:read', 'slots:read', 'stats:read'] },
      'serg',
    )
    assert.equal(account.permissions, ['slots:read', 'stats:read'])
    assert.match(password, /^\w{4}-\w{4}-\w{4}-\w{4}$/)
    assert.is(await codeOf(accounts.add({ username: 'olga', permissions: [] }, 'serg')), 'account_exists')
    assert.is((await accounts.find('Olga'))?.username, 'olga')
    assert.equal(
      (await accounts.list()).map(({ username }) => username),
      ['igor', 'olga', 'serg'],
    )
  }))

test('somebody keeps the right to change settings', () =>
  withSite(async ({ parts: { accounts } }) => {
    await accounts.add({ username: 'olga', permissions: ['slots:write'] }, 'serg')
    await accounts.remove('igor', 'serg')
    assert.is(await codeOf(accounts.remove('serg', 'serg')), 'last_administrator')
    assert.is(await codeOf(accounts.setPermissions('serg', ['settings:read'], 'serg')), 'last_administrator')
    assert.equal((await accounts.setPermissions('serg', ['settings:write'], 'serg')).permissions, [
      'settings:write',
    ])
    await accounts.setPermissions('olga', ['settings:write'], 'serg')
    await accounts.remove('serg', 'serg')
    assert.is(await codeOf(accounts.remove('olga', 'olga')), 'last_administrator')
  }))

test('two administrators who remove each other at once do not both succeed', () =>
  withSite(async ({ parts, connect }) => {
    const other = connect()
    const codes = await Promise.all([
      codeOf(parts.accounts.remove('serg', 'igor')),
      codeOf(other.accounts.remove('igor', 'serg')),
    ])
    assert.equal(codes.sort(), ['last_administrator', undefined])
    assert.is((await parts.accounts.list()).length, 1)
  }))

test('an account that there is not is named', () =>
  withSite(async ({ parts: { accounts } }) => {
    for (const work of [
      () => accounts.remove('olga', 'serg'),
      () => accounts.setPermissions('olga', [], 'serg'),
      () => accounts.resetPassword('olga', 'serg'),
    ])
      assert.is(await codeOf(work()), 'account_not_found')
  }))

test('every change is recorded, without a secret', () =>
  withSite(async ({ parts: { accounts, signingKeys, listAudit } }) => {
    const { password } = await accounts.add({ username: 'olga', permissions: ['slots:read'] }, 'serg')
    await accounts.setPermissions('olga', ['stats:read'], 'serg')
    const other = await accounts.resetPassword('olga', 'serg')
    await accounts.remove('olga', 'serg')
    await signingKeys.rotate({ endsTokens: true, actor: 'serg' })
    const entries = (await listAudit()).reverse()
    assert.equal(
      entries.map(({ action, target, before, after }) => [action, target, before, after]),
      [
        ['account.added', 'olga', undefined, { permissions: ['slots:read'] }],
        ['account.rights_changed', 'olga', { permissions: ['slots:read'] }, { permissions: ['stats:read'] }],
        ['account.password_changed', 'olga', undefined, undefined],
        ['account.removed', 'olga', { permissions: ['stats:read'] }, undefined],
        ['tokens.rotated', 'access-tokens', undefined, { generation: 2, ends_tokens: true }],
      ],
    )
    const text = JSON.stringify(entries)
    for (const secret of [password, other, 'argon2']) assert.not(text.includes(secret))
  }))

test.run()
