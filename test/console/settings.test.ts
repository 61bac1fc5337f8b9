import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { knownActions } from '../../src/console/audit.ts'
import { readCatalogue } from '../../src/console/texts.ts'
import { openTestServer, type TestServer } from '../support/server.ts'
import { textOf, visitAs } from './visit-as.ts'

const test = suite('console/settings')

type Options = Parameters<typeof openTestServer>[0]

async function withServer(work: (server: TestServer) => Promise<void>, options: Options = {}) {
  const server = await openTestServer({ workers: 0, ...options })
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

test('who may change settings has a form for each of them, with what is in force', () =>
  withServer(async (server) => {
    await server.app.settings.set('sync_response_timeout_sec', 52, 'serg')
    await server.app.settings.set('event_title', 'Anna & "Max"', 'serg')
    const { html } = await (await visitAs(server))('/settings')
    assert.match(html, /name="ingest\.sync_response_timeout_sec"[^>]*value="52"/)
    assert.match(html, /<strong data-booth>57 s</)
    assert.match(html, 'value="Anna &amp; &quot;Max&quot;"')
    for (const name of [
      'media_cache.processed_media_ttl_hours',
      'dslr_password.value',
      'budget.budget_usd_per_day',
      'provider_keys.gemini.value',
      'provider_keys.turbotext.value',
      'provider_keys.openai.extra.base_url',
      'event.color',
    ]) {
      assert.match(html, `name="${name}"`)
    }
  }))

test('who may only read sees the values and nothing to change them with', () =>
  withServer(async (server) => {
    await server.app.settings.set('event_title', 'Anna & Max', 'serg')
    await server.app.settings.set('budget_usd_per_day', 20, 'serg')
    const visit = await visitAs(server, ['settings:read'])
    for (const path of ['/settings', '/settings/accounts']) {
      const { html, status } = await visit(path)
      assert.is(status, 200)
      const main = html.slice(html.indexOf('<main'), html.indexOf('</main>'))
      assert.not.match(main, /<(input|textarea|select|dialog|form)\b/, path)
      assert.not.match(main, /<button\b/, path)
    }
    const words = textOf((await visit('/settings')).html)
    for (const value of ['48 s', '53 s', '3 days', 'Anna &amp; Max', '$0.00', 'of $20.00 spent today']) {
      assert.match(words, value)
    }
  }))

test('without the right to read them the pages are refused, but one’s own account is not', () =>
  withServer(async (server) => {
    const visit = await visitAs(server, ['stats:read', 'slots:read', 'slots:write'])
    for (const path of ['/settings', '/settings/accounts', '/settings/audit']) {
      assert.is((await visit(path)).status, 403, path)
    }
    assert.is((await visit('/account')).status, 200)
  }))

test('a key is never in the page, only where it comes from', () =>
  withServer(
    async (server) => {
      const change = { openai: { value: 'sk-of-openai', extra: { base_url: 'https://gate.example/v1' } } }
      await server.app.settings.change({ providerKeys: change }, 'igor')
      const { html } = await (await visitAs(server))('/settings')
      assert.not.match(html, 'sk-of-openai')
      assert.not.match(html, 'key-of-environment')
      assert.match(html, 'value="https://gate.example/v1"')
      const words = textOf(html)
      assert.match(words, /Google Gemini\s+Ready\s+From the environment of the server/)
      assert.match(words, /OpenAI\s+Ready\s+From these settings\.\s+Set by igor/)
      assert.match(words, /Turbotext Photo AI\s+No key\s+Neither here/)
    },
    { gemini_api_key: 'key-of-environment' },
  ))

test('a window that the server was started with is said, and cannot be set', () =>
  withServer(
    async (server) => {
      const { html } = await (await visitAs(server))('/settings')
      assert.match(html, 'PHOTOCHANGER_T_SYNC_RESPONSE_SECONDS')
      assert.not.match(html, 'name="ingest.sync_response_timeout_sec"')
      assert.match(textOf(html), 'started with a window of its own (7 s')
    },
    { t_sync_response_seconds: 7 },
  ))

test('the pages are wholly in Russian for who reads Russian', () =>
  withServer(async (server) => {
    await server.app.settings.set('budget_usd_per_day', 20, 'serg')
    const visit = await visitAs(server, undefined, 'ru')
    const russian = readCatalogue('ru')
    const english = Object.entries(readCatalogue('en')).filter(
      ([key, text]) => /^(settings|accounts|audit|account)\./.test(key) && russian[key] !== text,
    )
    for (const path of ['/settings', '/settings/accounts', '/settings/audit', '/account']) {
      const words = textOf((await visit(path)).html)
      for (const [, text] of english) {
        if (/[a-z]{5}/.test(text) && !text.includes('{')) assert.not.match(words, text)
      }
      assert.not.match(words, /\b(settings|accounts|audit|account)\.[a-z]/, path)
    }
  }))

test('the log says what was changed in words, and can be filtered', () =>
  withServer(async (server) => {
    const { app } = server
    await app.settings.set('sync_response_timeout_sec', 52, 'serg')
    await app.accounts.add({ username: 'venue', permissions: ['slots:read'] }, 'igor')
    await app.accounts.setPermissions('venue', ['stats:read'], 'igor')
    await app.settings.change({ providerKeys: { openai: { value: 'sk-of-openai' } } }, 'serg')
    const visit = await visitAs(server)
    const words = textOf((await visit('/settings/audit')).html)
    assert.match(words, /Setting changed\s+Response window \(s\)\s+serg/)
    assert.match(words, /48\s+→\s+After:\s+52/)
    assert.match(words, /Rights changed\s+venue/)
    assert.match(words, /Rights\s+see slots\s+see jobs and statistics/)
    assert.match(words, /Key of openai/)
    const entriesOf = async (query: string) => {
      const { html } = await visit(`/settings/audit?${query}`)
      return (
        html.match(/<h2>[^<]*<\/h2>\s*<p class="audit-target">[^<]*/g)?.map((each) =>
          textOf(each)
            .trim()
            .split(/\s{2,}/),
        ) ?? []
      )
    }
    assert.equal(await entriesOf('actor=igor&action=&target='), [
      ['Rights changed', 'venue'],
      ['Account added', 'venue'],
    ])
    assert.equal(await entriesOf('action=account.added&target=venue'), [['Account added', 'venue']])
    assert.equal(await entriesOf('actor=nobody'), [])
    assert.match((await visit('/settings/audit?actor=nobody')).html, 'No change is like that')
  }))

test('the log is turned page by page, each entry once, the filter kept', () =>
  withServer(async (server) => {
    const { app } = server
    for (let seconds = 0; seconds < 90; seconds += 1) {
      await app.settings.set('event_title', `title ${seconds}`, seconds % 2 ? 'serg' : 'igor')
    }
    const visit = await visitAs(server)
    const seen: string[] = []
    let path: string | undefined = '/settings/audit?actor=igor'
    let pages = 0
    while (path !== undefined) {
      const { html }: { html: string } = await visit(path)
      seen.push(...[...html.matchAll(/<span>(title \d+)<\/span>/g)].map(([, title]) => String(title)))
      path = /href="([^"]*)" rel="next"/.exec(html)?.[1]?.replaceAll('&amp;', '&')
      pages += 1
    }
    assert.is(pages, 2)
    assert.equal(
      seen,
      Array.from({ length: 45 }, (_, index) => `title ${88 - 2 * index}`),
    )
  }))

test('every kind of change that the log can hold has words in both languages', () => {
  for (const language of ['en', 'ru'] as const) {
    const missing = knownActions.filter((action) => !readCatalogue(language)[`audit.action.${action}`])
    assert.equal(missing, [], language)
  }
})

test.run()
