import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isAllowed, licencesPage, listPackages } from './support/licences.ts'

const test = suite('licences')

test('the page of licences is that of the lock file (npm run docs writes it)', async () => {
  assert.is(await readFile(new URL('../docs/licences.md', import.meta.url), 'utf8'), licencesPage())
})

test('whatever is installed with the program has a licence that was agreed on', () => {
  const packages = listPackages()
  assert.ok(packages.length > 100)
  assert.equal(
    packages.filter((one) => !isAllowed(one)),
    [],
  )
})

test('of a choice one is enough, of a sum all are needed', () => {
  assert.ok(isAllowed({ name: 'a', licence: '(MIT OR WTFPL)' }))
  assert.ok(isAllowed({ name: 'a', licence: 'Apache-2.0 AND LGPL-3.0-or-later' }))
  assert.not.ok(isAllowed({ name: 'a', licence: 'MIT AND GPL-3.0' }))
  assert.not.ok(isAllowed({ name: 'a', licence: 'unknown' }))
})

test.run()
