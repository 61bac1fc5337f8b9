import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createIngestPassword, issueIngestPass } from '../../src/settings/ingest-password.ts'
import { createTestClock } from '../support/clock.ts'
import { createTestSecrets } from '../support/secrets.ts'
import { openTestSettings } from '../support/settings.ts'

const test = suite('settings/ingest-password')
const secret = 's'.repeat(64)

async function setup() {
  const clock = createTestClock()
  const secrets = createTestSecrets(secret)
  const { db, settings, close } = await openTestSettings({ clock, secrets })
  return {
    clock,
    db,
    close,
    settings,
    secrets,
    ingestPassword: createIngestPassword({ settings, secrets, clock }),
  }
}

test('nothing is right while no password is set', async () => {
  const { ingestPassword, clock, close } = await setup()
  assert.is(await ingestPassword.checkFast('anything'), 'not_set')
  assert.is(await ingestPassword.checkFast(issueIngestPass(secret, clock.now())), 'not_set')
  assert.is(await ingestPassword.checkSlow('anything'), false)
  await close()
})

test('a right password is known fast after the first time, and every other one with it', async () => {
  const { ingestPassword, settings, close } = await setup()
  const password = await settings.rotateIngestPassword('test')
  assert.match(password, /^(\w{4}-){3}\w{4}$/)
  assert.is(await ingestPassword.checkFast(password), 'unknown')
  assert.is(await ingestPassword.checkSlow(password), true)
  assert.is(await ingestPassword.checkFast(password), 'right')
  assert.is(await ingestPassword.checkFast(`${password}x`), 'wrong')
  assert.is(await ingestPassword.checkSlow(`${password}x`), false)
  await close()
})

test('after a rotation the old password is wrong at once, remembered or not', async () => {
  const { ingestPassword, settings, close } = await setup()
  const old = await settings.rotateIngestPassword('test')
  await ingestPassword.checkSlow(old)
  await settings.rotateIngestPassword('test')
  assert.is(await ingestPassword.checkFast(old), 'unknown')
  assert.is(await ingestPassword.checkSlow(old), false)
  await close()
})

test('a pass works for five minutes, for this installation, and cannot be changed', async () => {
  const { ingestPassword, settings, clock, close } = await setup()
  await settings.rotateIngestPassword('test')
  const pass = issueIngestPass(secret, clock.now())
  assert.is(await ingestPassword.checkFast(pass), 'right')
  assert.is(await ingestPassword.checkFast(issueIngestPass('x'.repeat(64), clock.now())), 'unknown')
  const later = pass.replace(/\d+/, (expires) => String(Number(expires) + 1))
  assert.is(await ingestPassword.checkFast(later), 'unknown')
  clock.advance(5 * 60_000)
  assert.is(await ingestPassword.checkFast(pass), 'unknown')
  await close()
})

test('a pass made with a secret that another process has rotated to is right, and so is one of before', async () => {
  const { ingestPassword, settings, clock, close, secrets } = await setup()
  await settings.rotateIngestPassword('test')
  const [older, newer] = [issueIngestPass(secret, clock.now()), issueIngestPass('n'.repeat(64), clock.now())]
  assert.is(await ingestPassword.checkFast(newer), 'unknown')
  secrets.change('n'.repeat(64), secret)
  assert.is(await ingestPassword.checkFast(newer), 'right')
  assert.is(await ingestPassword.checkFast(older), 'right')
  await close()
})

test('only a slow hash is stored', async () => {
  const { settings, db, close } = await setup()
  const password = await settings.rotateIngestPassword('somebody')
  const stored = await settings.ingestPassword()
  assert.match(stored?.value.hash ?? '', /^\$argon2id\$/)
  assert.is(stored?.updatedBy, 'somebody')
  const rows = JSON.stringify(await db.query.selectFrom('settings').selectAll().execute())
  assert.not(rows.includes(password))
  await close()
})

test.run()
