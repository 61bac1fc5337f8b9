import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { logIn } from '../support/api.ts'
import { openTestServer } from '../support/server.ts'

const test = suite('api/doctor')
const server = await openTestServer()
const call = await logIn(server)

type Check = { id: string; status: string; title: string }

test('looking changes nothing and names what is looked at only on request', async () => {
  const { status, body } = await call('GET', '/api/doctor?language=ru')
  assert.is(status, 200)
  assert.ok(body.checks.some(({ id, title }: Check) => id === 'disk_speed' && title === 'Скорость диска'))
  assert.not(body.checks.some(({ id }: Check) => id.startsWith('picture/')))
  assert.ok(body.further.some(({ id }: Check) => id === 'picture/slot-001'))
  assert.is((await server.app.reader.list({}, 10)).length, 0)
  assert.is((await call('GET', '/api/doctor?language=xx')).status, 400)
})

test('one check at a time can be asked for, those that ask others only with "online"', async () => {
  const { status, body } = await call('POST', '/api/doctor', { online: false, checks: ['picture/slot-001'] })
  assert.is(status, 200)
  assert.equal(
    body.checks.map((check: Check) => [check.id, check.status]),
    [['picture/slot-001', 'ok']],
  )
  const [job] = await server.app.reader.list({}, 10)
  assert.is(job?.isTest, true)
  assert.is((await call('POST', '/api/doctor', { online: false, checks: ['reach'] })).status, 400)
  const { body: reached } = await call('POST', '/api/doctor', { online: true, checks: ['reach'] })
  assert.equal([reached.ok, reached.checks.length], [true, 1])
})

test.after(() => server.close())

test.run()
