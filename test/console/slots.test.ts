import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import type { Permission } from '../../src/accounts/permissions.ts'
import { readSettingWords } from '../../src/console/setting-words.ts'
import { toBoothTimeoutSec } from '../../src/console/slot.ts'
import { slotWideSchema } from '../../src/slots/slot-settings.ts'
import { sendPhoto } from '../support/booth.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'

const test = suite('console/slots')

let server: TestServer
let guests = 1
test.before(async () => {
  server = await openTestServer()
})
test.after(async () => {
  await server.close()
})

async function read(
  path: string,
  { rights, language = 'en' }: { rights?: Permission[]; language?: string } = {},
) {
  const admin = server.app.credentials?.admins[0]
  let credentials = { username: admin?.username ?? '', password: admin?.password ?? '' }
  if (rights) {
    const added = await server.app.accounts.add({ username: `guest${guests++}`, permissions: rights }, 'serg')
    credentials = { username: added.account.username, password: added.password }
  }
  const login = await fetch(`${server.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(credentials),
  })
  const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const response = await fetch(`${server.url}${path}`, { headers: { cookie, 'accept-language': language } })
  return { status: response.status, html: await response.text() }
}

const cardOf = (html: string, id: string) =>
  html.slice(html.indexOf(`data-slot="${id}"`), html.indexOf('</li>', html.indexOf(`data-slot="${id}"`)))

test('the page of slots tells what each does, how often today, and why it takes no photos', async () => {
  await useEcho(server, 'slot-005')
  const taken = await sendPhoto(server.url, 'slot-001', { password: server.password })
  await taken.arrayBuffer()
  await server.app.slots.update('slot-002', { isEnabled: false })
  const { html } = await read('/slots')
  assert.is(html.match(/data-slot="slot-\d+"/g)?.length, 15)
  const first = cardOf(html, 'slot-001')
  assert.match(first, 'On this machine')
  assert.match(first, 'Give the photo a look')
  assert.match(first, '1 today')
  assert.match(first, `/public/results/${taken.headers.get('x-job-id')}/thumbnail`)
  assert.match(cardOf(html, 'slot-002'), 'switched off')
  assert.match(cardOf(html, 'slot-004'), 'not set up')
})

test('the same in Russian', async () => {
  const { html } = await read('/slots', { language: 'ru' })
  assert.match(cardOf(html, 'slot-001'), 'Придать фото эффект')
  assert.match(cardOf(html, 'slot-004'), 'не настроен')
})

test('what has been saved by an older version and does not fit any more is told', async () => {
  await server.app.db.query
    .updateTable('slots')
    .set({ settings_json: '{"effect":"gone"}' })
    .where('id', '=', 'slot-003')
    .execute()
  assert.match(cardOf((await read('/slots')).html, 'slot-003'), 'settings do not fit')
})

test('a slot’s page names its address for the booth and a timeout beyond the window', async () => {
  const { html } = await read('/slots/slot-004')
  assert.match(html, `${server.url}/ingest/slot-004`)
  assert.match(html, '60 s: longer than the 48 s')
  assert.is(toBoothTimeoutSec(48), 60)
  assert.is(toBoothTimeoutSec(60), 70)
})

test('an unknown slot is not found', async () => {
  assert.is((await read('/slots/slot-099')).status, 404)
})

test('the data inside the page cannot end its script element', async () => {
  const { html } = await read('/slots/slot-004')
  const json = /<script type="application\/json" id="slot-page">(.*?)<\/script>/s.exec(html)?.[1] ?? ''
  assert.is(JSON.parse(json).slotId, 'slot-004')
  assert.not.match(json, '<')
})

test('every setting, choice and description of every provider has its words in Russian', () => {
  const { labels, options, texts } = readSettingWords('ru')
  const missing: string[] = []
  const needs = (words: Readonly<Record<string, string>>, key: string) => {
    if (!(key in words) && /[a-z]{4}/i.test(key)) missing.push(key)
  }
  const walk = (schema: z.core.JSONSchema._JSONSchema | undefined): void => {
    if (typeof schema !== 'object') return
    if (schema.description) needs(texts, schema.description)
    for (const value of schema.enum ?? []) if (!/^image/.test(String(value))) needs(options, String(value))
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      needs(labels, key)
      walk(property)
    }
  }
  for (const provider of server.app.providers.values()) {
    if (!/^(Google Gemini|Turbotext Photo AI|OpenAI)$/.test(provider.title)) needs(texts, provider.title)
    for (const operation of Object.values(provider.operations)) {
      needs(texts, operation.title)
      walk(z.toJSONSchema(operation.settings, { io: 'input', unrepresentable: 'any' }))
    }
  }
  walk(z.toJSONSchema(slotWideSchema, { io: 'input', unrepresentable: 'any' }))
  assert.equal(missing, [])
  assert.equal(Object.keys(readSettingWords('en').labels), Object.keys(labels))
})

test('who may only look gets no switch, no try-out and no way to save', async () => {
  const list = await read('/slots', { rights: ['slots:read'] })
  assert.not.match(list.html, 'data-switch')
  assert.not.match(list.html, ' today')
  const page = await read('/slots/slot-001', { rights: ['slots:read'] })
  assert.not.match(page.html, 'data-try')
  assert.not.match(page.html, 'data-save>')
  assert.match(page.html, '<fieldset class="bare stack" disabled>')
})

test('without the right to see slots there is no page', async () => {
  assert.is((await read('/slots', { rights: ['stats:read'] })).status, 403)
})

test.run()
