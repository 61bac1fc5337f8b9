import { access, readdir, readFile } from 'node:fs/promises'
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
  const inDocs = (await readdir(new URL('docs/', root), { recursive: true })).filter((file) =>
    file.endsWith('.md'),
  )
  const documents = ['README.md', 'README.ru.md', 'ARCHITECTURE.md', ...inDocs.map((file) => `docs/${file}`)]
  for (const file of documents) {
    const text = await readFile(new URL(file, root), 'utf8')
    for (const [, link = ''] of text.matchAll(/\]\(([^)#]+)\)/g)) {
      if (/^https?:/.test(link)) continue
      const target = new URL(link, new URL(file, root))
      await access(target).catch(() => assert.unreachable(`${file} links to ${link}`))
    }
  }
})

test('the README in Russian has the sections, commands, addresses and settings of the English one', async () => {
  const [english = '', russian = ''] = await Promise.all(
    ['README.md', 'README.ru.md'].map((file) => readFile(new URL(file, root), 'utf8')),
  )
  const outline = (text: string) => text.split('\n').filter((line) => /^#+ /.test(line)).length
  assert.is(outline(russian), outline(english))
  const rows = (text: string) => [...text.matchAll(/^\| (`.+?) \| /gm)].map(([, first]) => first)
  assert.ok(rows(english).length > 50)
  assert.equal(rows(russian), rows(english))
})

test("the operator's page is the same in both languages: as many boxes and rows, the same commands and settings", async () => {
  const [english = '', russian = ''] = await Promise.all(
    ['docs/venue.md', 'docs/venue.ru.md'].map((file) => readFile(new URL(file, root), 'utf8')),
  )
  const outline = (text: string) =>
    text.split('\n').map((line) => /^ *(#+|- \[ \]|\d\. \[ \]|-|\|)/.exec(line)?.[1] ?? '')
  assert.equal(outline(russian), outline(english))
  const code = (text: string) =>
    [...text.matchAll(/`([^`]+)`/g)].map(([, words = '']) => words.replace(/ADDRESS|АДРЕС/, ''))
  assert.equal(code(russian), code(english))
})

test.run()
