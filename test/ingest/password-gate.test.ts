// Guessing: it costs the server little, and it never locks out who knows the password.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../src/errors.ts'
import { createPasswordGate } from '../../src/ingest/password-gate.ts'
import { createIngestPassword } from '../../src/settings/ingest-password.ts'
import { createTestClock } from '../support/clock.ts'
import { createTestSecrets } from '../support/secrets.ts'
import { openTestSettings } from '../support/settings.ts'

const test = suite('ingest/password-gate')

async function setup() {
  const clock = createTestClock()
  const secrets = createTestSecrets('s'.repeat(64))
  const { settings, close } = await openTestSettings({ clock, secrets })
  const real = createIngestPassword({ settings, secrets, clock })
  const slow = { checks: 0, atOnce: 0, mostAtOnce: 0 }
  const gate = createPasswordGate({
    checkFast: real.checkFast,
    async checkSlow(candidate) {
      slow.checks += 1
      slow.atOnce += 1
      slow.mostAtOnce = Math.max(slow.mostAtOnce, slow.atOnce)
      try {
        return await real.checkSlow(candidate)
      } finally {
        slow.atOnce -= 1
      }
    },
  })
  const codeOf = (candidate: string, address: string) =>
    gate.assertPassword(candidate, address).then(
      () => 'right' as const,
      (error: unknown) => {
        assert.instance(error, AppError)
        return (error as AppError).code
      },
    )
  return { close, gate, slow, codeOf, password: await settings.rotateIngestPassword('test') }
}

const guesses = (count: number, word = 'guess') =>
  Array.from({ length: count }, (_, index) => `${word}-${index}`)

test('wrong passwords get 401, then 429 that asks to wait ever longer; the right one always passes', async () => {
  const { close, gate, codeOf, password } = await setup()
  for (const guess of guesses(10)) assert.is(await codeOf(guess, '192.0.2.1'), 'invalid_credentials')
  const waits: number[] = []
  for (const guess of guesses(12, 'more')) {
    const error = await gate.assertPassword(guess, '192.0.2.1').catch((reason: AppError) => reason)
    assert.is(error?.code, 'queue_busy')
    waits.push(error?.retryAfterSec ?? 0)
  }
  assert.equal(waits.slice(0, 4), [2, 4, 8, 16])
  assert.is(waits.at(-1), 900)
  assert.is(await codeOf(password, '192.0.2.1'), 'right')
  assert.is(await codeOf('wrong', '192.0.2.2'), 'invalid_credentials')
  await close()
})

test('once the right password has been seen, no wrong one costs a slow hash', async () => {
  const { close, slow, codeOf, password } = await setup()
  assert.is(await codeOf(password, '192.0.2.1'), 'right')
  await Promise.all(guesses(200).map((guess) => codeOf(guess, '192.0.2.9')))
  assert.is(slow.checks, 1)
  await close()
})

test('before that, slow hashes run one at a time, and the right one from another address goes first', async () => {
  const { close, slow, codeOf, password } = await setup()
  await codeOf('first', '192.0.2.9')
  const flood = guesses(50).map((guess) => codeOf(guess, '192.0.2.9'))
  assert.is(await codeOf(password, '192.0.2.1'), 'right')
  await Promise.all(flood)
  assert.is(slow.mostAtOnce, 1)
  assert.ok(slow.checks <= 4, `${slow.checks} slow hashes`)
  await close()
})

test('the right one passes from the very address that guesses, and the same guess at once is hashed once', async () => {
  const { close, slow, codeOf, password } = await setup()
  const flood = Array.from({ length: 40 }, () => codeOf('the same', '192.0.2.9'))
  const [right] = await Promise.all([codeOf(password, '192.0.2.9'), ...flood])
  assert.is(right, 'right')
  assert.ok(slow.checks <= 2)
  await close()
})

test('all addresses of one IPv6 network are one', async () => {
  const { close, codeOf } = await setup()
  for (const [index, guess] of guesses(10).entries()) await codeOf(guess, `2001:db8:1:2::${index + 1}`)
  assert.is(await codeOf('wrong', '2001:db8:1:2:ffff::1'), 'queue_busy')
  assert.is(await codeOf('wrong', '2001:db8:1:3::1'), 'invalid_credentials')
  await close()
})

test.run()
