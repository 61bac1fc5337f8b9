import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { pages } from './support/settings-docs.ts'

const test = suite('docs')
const root = new URL('../', import.meta.url)

test('the pages on settings say what the schemas say (npm run docs writes them)', async () => {
  for (const [file, render] of Object.entries(pages)) {
    assert.is(await readFile(new URL(file, root), 'utf8'), render(), file)
  }
})

test('every link between the documents leads to a file', async () => {
  for (const file of [
    'README.md',
    'ARCHITECTURE.md',
    'docs/effects.md',
    'docs/providers.md',
    'docs/resilience.md',
  ]) {
    const text = await readFile(new URL(file, root), 'utf8')
    for (const [, link = ''] of text.matchAll(/\]\(([^)#]+)\)/g)) {
      if (/^https?:/.test(link)) continue
      const target = new URL(link, new URL(file, root))
      await readFile(target).catch(() => assert.unreachable(`${file} links to ${link}`))
    }
  }
})

test.run()
