import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sendPhoto } from '../support/booth.ts'
import { openTestServer, useEcho } from '../support/server.ts'
import { until } from '../support/until.ts'
import { openPageAs } from './visit.ts'

const test = suite('console/requests')
const server = await openTestServer({ workers: 1 })
const open = (query = '', language = 'en') =>
  openPageAs(server, ['stats:read'], `/requests${query}`, language)

test('before the first request the page says what to check', async () => {
  assert.match((await open()).html, /the booth does not reach this server/)
})

test('a request is shown with what to do, and its texts are escaped', async () => {
  await useEcho(server, 'slot-001')
  await sendPhoto(server.url, 'slot-001', { fields: { name: '<script>x</script>' }, fileName: '<b>.jpg' })
  await sendPhoto(server.url, 'slot-099', { password: server.password })
  await until(async () => (await server.app.inspector.list({}, 5)).length === 2, 'both are recorded')
  const { html } = await open()
  assert.match(html, /There is no field “password”/)
  assert.match(html, /There is no slot “slot-099”/)
  assert.match(html, /&lt;script&gt;x&lt;\/script&gt;/)
  assert.match(html, /&lt;b&gt;\.jpg/)
  assert.not.match(html, /<script>x/)
  assert.match((await open('', 'ru')).html, /Нет поля «password»/)
})

test('filters keep what was chosen', async () => {
  const { html } = await open('?outcome=refused&slot=slot-099')
  assert.match(html, /<option value="refused" selected>/)
  assert.is(html.split('data-request=').length - 1, 1)
  assert.match((await open('?outcome=answered')).html, /No requests like these/)
  assert.is((await open('?outcome=nonsense&before=nonsense')).status, 200)
})

test('without the right there is no page', async () => {
  assert.is((await openPageAs(server, ['slots:read'], '/requests')).status, 403)
})

test.after(() => server.close())

test.run()
