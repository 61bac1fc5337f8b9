import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTestClock } from '../support/clock.ts'
import { openTestServer } from '../support/server.ts'
import { tell } from './examine.ts'

const test = suite('doctor/upkeep')
const day = 86_400_000
const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url))

test('the certificate that is shown, and none', async () => {
  const plain = await openTestServer({ workers: 0 })
  assert.equal(await tell(plain, 'certificate'), [['ok', 'None: this server speaks http.']])
  await plain.close()

  const clock = createTestClock(Date.now())
  const secure = { tls_cert: fixture('one.crt'), tls_key: fixture('one.key') }
  const server = await openTestServer({ workers: 0, clock, ...secure })
  const { certificate } = await server.app.health.read()
  assert.ok(certificate && 'expiresAt' in certificate)
  assert.match(String(await tell(server, 'certificate')), /^ok,Good for another [\d,]+ days\.$/)
  clock.advance(certificate.expiresAt - 3 * day - clock.now())
  assert.match(String(await tell(server, 'certificate')), /^warning,The certificate ends in 3 days$/)
  clock.advance(3 * day)
  assert.equal(await tell(server, 'certificate'), [['problem', 'The certificate has expired']])
  clock.advance(certificate.startsAt - 2 * day - clock.now())
  assert.equal(await tell(server, 'certificate'), [
    ['problem', 'The certificate is not valid yet, for another 2 days'],
  ])
  assert.not.match(String(await tell(server, 'signs')), 'certificate')
  await server.close()
})

test('the backups of the timetable', async () => {
  const plain = await openTestServer({ workers: 0 })
  assert.equal(await tell(plain, 'backup'), [['ok', 'No timetable makes any.']])
  await plain.close()

  const clock = createTestClock(Date.now())
  const server = await openTestServer({
    workers: 0,
    clock,
    backup_dir: join(plain.dataDir, 'backups'),
    backup_schedule: '04:30',
  })
  const { backupRecord } = server.app.upkeep
  assert.equal(await tell(server, 'backup'), [['ok', 'The first one is still to come.']])
  await backupRecord.noteGood({ startedAt: clock.now(), file: 'a', bytes: 1 }, clock.now())
  clock.advance(day)
  assert.match(String(await tell(server, 'backup')), /^ok,The last one is 24 hr old\.$/)
  await backupRecord.noteFailed('no room', clock.now())
  assert.equal(await tell(server, 'backup'), [['warning', 'The last backup failed: no room']])
  await server.close()
})

test.run()
