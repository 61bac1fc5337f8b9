import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLinks } from '../../src/media/links.ts'

const test = suite('media/links')
const baseUrl = () => 'https://photos.example'
const links = createLinks({ secret: 'a'.repeat(32), baseUrl })

function partsOf(address: string) {
  const url = new URL(address, baseUrl())
  return {
    key: url.pathname.replace('/public/files/', ''),
    expires: url.searchParams.get('expires') ?? '',
    signature: url.searchParams.get('signature') ?? '',
  }
}

test('an address is valid until it expires, for its own file and installation', () => {
  const { key, expires, signature } = partsOf(links.toFile('results/a.jpg', 2000))
  assert.is(key, 'results/a.jpg')
  assert.ok(links.isValid(key, expires, signature, 1999))
  assert.not(links.isValid(key, expires, signature, 2000))
  assert.not(links.isValid('results/b.jpg', expires, signature, 1999))
  assert.not(links.isValid(key, '3000', signature, 1999))
  assert.not(links.isValid(key, expires, '', 1999))
  assert.not(links.isValid(key, 'NaN', signature, 1999))
  assert.not(createLinks({ secret: 'b'.repeat(32), baseUrl }).isValid(key, expires, signature, 1999))
})

test('public addresses start with the public base', () => {
  assert.is(links.result('1'), 'https://photos.example/public/results/1')
  assert.is(links.thumbnail('1'), 'https://photos.example/public/results/1/thumbnail')
})

test.run()
