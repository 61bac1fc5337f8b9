import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readCatalogue, translatorOf } from '../../src/console/texts.ts'

const test = suite('console/texts')
const root = fileURLToPath(new URL('../..', import.meta.url))
const en = readCatalogue('en')
const ru = readCatalogue('ru')

const parametersOf = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()

/** Keys written out in templates, scripts and pages; those that are put together from parts are not seen. */
async function listUsedKeys(): Promise<Map<string, string>> {
  const used = new Map<string, string>()
  for (const folder of ['templates/pages', 'templates/assets', 'src/console', 'src/share', 'src/alerts']) {
    const names = await readdir(join(root, folder)).catch(() => [] as string[])
    for (const name of names.filter((each) => /\.(eta|js|ts)$/.test(each))) {
      const text = await readFile(join(root, folder, name), 'utf8')
      for (const [, key] of text.matchAll(/\bt\(\s*'([a-z]\w*(?:\.\w+)+)'/g)) used.set(String(key), name)
      for (const [, key] of text.matchAll(/\btitle: '([a-z]\w*\.\w+)'/g)) used.set(String(key), name)
    }
  }
  return used
}

test('both languages have the same texts with the same parameters', () => {
  assert.equal(Object.keys(ru).sort(), Object.keys(en).sort())
  for (const [key, text] of Object.entries(en))
    assert.equal(parametersOf(ru[key] ?? ''), parametersOf(text), key)
})

test('no text is empty, and the Russian ones are Russian', () => {
  const sameInBoth = Object.keys(en).filter((key) => en[key] === ru[key])
  for (const [key, text] of [...Object.entries(en), ...Object.entries(ru)]) assert.ok(text.trim(), key)
  const words = sameInBoth.filter((key) => /[a-z]{4}/i.test((en[key] ?? '').replaceAll(/\{\w+\}/g, '')))
  const names =
    /^(PhotoChanger|JSON|Slack|Telegram|ntfy|Webhook|SHA-256|DSLR Remote Pro|https?:.*|English|Gemini|OpenAI)$/
  assert.equal(
    words.filter((key) => !names.test(en[key] ?? '')),
    [],
  )
})

test('every key that a template, a script or a page names exists', async () => {
  const used = await listUsedKeys()
  assert.ok(used.size > 10)
  assert.equal(
    [...used].filter(([key]) => en[key] === undefined).map(([key, file]) => `${file}: ${key}`),
    [],
  )
})

test('parameters are filled, and an unknown key is shown as it is', () => {
  assert.is(translatorOf('en')('no.such.key'), 'no.such.key')
})

test.run()
