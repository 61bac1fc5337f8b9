import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { knownActions } from '../../src/console/audit.ts'
import { listChanges } from '../../src/console/changes.ts'
import { translatorOf } from '../../src/console/texts.ts'
import { openTestServer } from '../support/server.ts'
import { textOf, visitAs } from './visit-as.ts'

const test = suite('console/accounts')
const t = translatorOf('en')

test('accounts are listed with what they may do, and one’s own is marked', async () => {
  const server = await openTestServer({ workers: 0 })
  try {
    await server.app.accounts.add({ username: 'venue', permissions: [] }, 'serg')
    const { html } = await (await visitAs(server, ['settings:read', 'settings:write']))('/settings/accounts')
    const words = textOf(html)
    assert.match(words, /with-2-rights\s+you\s+see settings\s+change settings/)
    assert.match(words, /venue\s+no rights/)
    const own = html.slice(html.indexOf('data-account="with-2-rights"'))
    assert.match(own.slice(0, own.indexOf('</li>')), 'href="/account"')
  } finally {
    await server.close()
  }
})

test('one’s own account shows name, rights and a form for the password', async () => {
  const server = await openTestServer({ workers: 0 })
  try {
    const { html } = await (await visitAs(server, ['stats:read']))('/account')
    assert.match(textOf(html), /with-1-rights\s+May\s+see jobs and statistics\s/)
    for (const name of ['current_password', 'new_password', 'again']) assert.match(html, `name="${name}"`)
  } finally {
    await server.close()
  }
})

test('a change is told value by value, and what stays is left out', () => {
  const before = { name: 'Old', settings_json: { prompt: 'x', strength: 1 }, is_enabled: true, link: null }
  const after = {
    name: 'New',
    settings_json: { prompt: 'x', strength: 2, style: 'oil' },
    is_enabled: false,
    link: null,
  }
  assert.equal(listChanges({ before, after }, t), [
    { name: 'Name', before: { kind: 'words', text: 'Old' }, after: { kind: 'words', text: 'New' } },
    {
      name: 'settings_json.strength',
      before: { kind: 'words', text: '1' },
      after: { kind: 'words', text: '2' },
    },
    { name: 'Switched on', before: { kind: 'words', text: 'yes' }, after: { kind: 'words', text: 'no' } },
    { name: 'settings_json.style', before: { kind: 'none' }, after: { kind: 'words', text: 'oil' } },
  ])
})

test('single values, times, rights, nothing and long texts are told as such', () => {
  const [number] = listChanges({ before: null, after: 52 }, t)
  assert.equal(number, { name: undefined, before: { kind: 'none' }, after: { kind: 'words', text: '52' } })
  const [time] = listChanges({ before: undefined, after: { expires_at: '2026-06-05T18:31:07.250Z' } }, t)
  assert.equal(time?.after, { kind: 'time', at: Date.UTC(2026, 5, 5, 18, 31, 7, 250) })
  const [rights] = listChanges(
    { before: { permissions: [] }, after: { permissions: ['slots:read', 'stats:read'] } },
    t,
  )
  assert.equal(
    [rights?.before, rights?.after],
    [{ kind: 'none' }, { kind: 'words', text: 'see slots, see jobs and statistics' }],
  )
  const [long] = listChanges({ before: '', after: 'word '.repeat(100) }, t)
  assert.is(long?.after.kind, 'long')
  assert.equal(listChanges({ before: undefined, after: undefined }, t), [])
})

test('every action that the program records is one of those that the log can be filtered by', async () => {
  const source = fileURLToPath(new URL('../../src', import.meta.url))
  const files = (await readdir(source, { recursive: true })).filter((name) => name.endsWith('.ts'))
  const recorded = new Set<string>()
  for (const file of files) {
    const text = await readFile(join(source, file), 'utf8')
    for (const line of text.match(/action: [^\n]*|record\('[^\n]*/g) ?? []) {
      for (const [, action] of line.matchAll(/'([a-z_]+\.[a-z_]+)'/g)) recorded.add(String(action))
    }
  }
  assert.ok(recorded.size > 10)
  const known: readonly string[] = knownActions
  assert.equal(
    [...recorded].filter((action) => !known.includes(action)),
    [],
  )
})

test.run()
