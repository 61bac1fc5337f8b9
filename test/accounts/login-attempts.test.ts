import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { codeOf, errorOf } from './code-of.ts'
import { type Parts, withSite } from './site.ts'

const test = suite('accounts/login-attempts')

/** Whole seconds to wait, or undefined where the attempt was let through. */
const waitOf = async ({ attempts }: Parts, username: string, address: string) =>
  (await errorOf(attempts.take(username, address)))?.retryAfterSec

const addressOf = (number: number) => `10.0.${Math.floor(number / 250)}.${number % 250}`

test('five failures are free, then an account waits ever longer, at most a quarter of an hour', () =>
  withSite(async ({ parts, clock }) => {
    let from = 0
    const take = () => waitOf(parts, 'serg', addressOf(from++))
    for (let failure = 1; failure <= 6; failure++) assert.is(await take(), undefined, `failure ${failure}`)
    for (const waitSec of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
      assert.is(await take(), waitSec)
      clock.advance(waitSec * 1000 - 1)
      assert.is(await take(), 1, 'one millisecond is left')
      clock.advance(1)
      assert.is(await take(), undefined, `after ${waitSec} s`)
    }
    assert.is(await waitOf(parts, 'igor', addressOf(0)), undefined, 'the other account')
  }))

test('a pause holds in another process and after a restart', () =>
  withSite(async ({ parts, connect }) => {
    for (let failure = 1; failure <= 6; failure++) await parts.attempts.take('serg', addressOf(failure))
    assert.is(await waitOf(connect(), 'serg', addressOf(7)), 1)
  }))

test('guesses at once from two processes are counted one by one', () =>
  withSite(async ({ parts, connect }) => {
    const other = connect()
    const waits = await Promise.all(
      Array.from({ length: 40 }, (_, index) => waitOf(index % 2 ? parts : other, 'serg', addressOf(index))),
    )
    assert.is(waits.filter((wait) => wait === undefined).length, 6)
  }))

test('an address has thirty failures in a quarter of an hour, over all accounts', () =>
  withSite(async ({ parts, clock }) => {
    for (let failure = 1; failure <= 30; failure++)
      assert.is(await waitOf(parts, `user-${failure}`, '192.0.2.7'), undefined)
    clock.advance(60_000)
    assert.is(await waitOf(parts, 'serg', '192.0.2.7'), 14 * 60)
    assert.is(await waitOf(parts, 'serg', '::ffff:192.0.2.7'), 14 * 60, 'the same address, spelled otherwise')
    assert.is(await waitOf(parts, 'serg', '192.0.2.8'), undefined)
    clock.advance(14 * 60_000)
    assert.is(await waitOf(parts, 'serg', '192.0.2.7'), undefined)
  }))

test('all addresses of one IPv6 network count as one', () =>
  withSite(async ({ parts }) => {
    for (let failure = 1; failure <= 30; failure++)
      await parts.attempts.take(`user-${failure}`, `2001:db8:1:2::${failure}`)
    assert.ok(await waitOf(parts, 'serg', '2001:db8:1:2:ffff::1'))
    assert.is(await waitOf(parts, 'serg', '2001:db8:1:3::1'), undefined)
  }))

test('a right password gives its attempt back and frees the account, but not the address of its other guesses', () =>
  withSite(async ({ parts }) => {
    const { attempts } = parts
    for (let failure = 1; failure <= 29; failure++) await attempts.take(`user-${failure}`, '192.0.2.7')
    for (let round = 1; round <= 10; round++)
      await attempts.giveBack(await attempts.take('serg', '192.0.2.7'))
    await attempts.take('igor', '192.0.2.7')
    assert.is(await codeOf(attempts.take('igor', '192.0.2.7')), 'too_many_attempts')
  }))

test('strangers cannot keep an account out of an address that it has logged in from', () =>
  withSite(async ({ parts }) => {
    const { attempts } = parts
    await attempts.giveBack(await attempts.take('serg', '192.0.2.7'))
    for (let failure = 1; failure <= 6; failure++) await attempts.take('serg', addressOf(failure))
    assert.is(await waitOf(parts, 'serg', addressOf(8)), 1)
    for (let failure = 1; failure <= 6; failure++)
      assert.is(await waitOf(parts, 'serg', '192.0.2.7'), undefined)
    assert.is(await waitOf(parts, 'serg', '192.0.2.7'), 1, 'guesses from there count all the same')
  }))

test('failures are forgotten after an hour of peace, and the rows with them', () =>
  withSite(async ({ parts, clock }) => {
    for (let failure = 1; failure <= 20; failure++)
      await parts.attempts.take(`user-${failure}`, addressOf(failure))
    clock.advance(3_600_000)
    await parts.attempts.take('serg', addressOf(1))
    const rows = await parts.db.query.selectFrom('login_attempts').selectAll().execute()
    assert.is(rows.length, 2)
    assert.not.match(JSON.stringify(rows), /serg|10\.0/)
  }))

test.run()
