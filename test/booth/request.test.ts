import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { buildRequest, createSessionIds, inspectPhoto } from '../../src/booth/request.ts'
import { AppError } from '../../src/errors.ts'
import { photoPath } from './counterpart.ts'

const test = suite('booth/request')

const photo = { fileName: 'IMG_0003.JPG', mime: 'image/jpeg', sizeBytes: 1000, sha1: 'ab'.repeat(20) }

function toParts(head: Buffer, boundary: string) {
  return head
    .toString()
    .split(`--${boundary}\r\n`)
    .slice(1)
    .map((part) => {
      const [lines = '', ...rest] = part.split('\r\n\r\n')
      return { lines: lines.split('\r\n'), value: rest.join('\r\n\r\n').replace(/\r\n$/, '') }
    })
}

function build(fields: readonly (readonly [string, string])[] = []) {
  const request = buildRequest({ photo, host: 'booth:8000', password: 'geheim', fields })
  const boundary = request.headers[0]?.[1].split('boundary=')[1] ?? ''
  return { ...request, boundary, parts: toParts(request.head, boundary) }
}

test('the headers are those of the captured request, in its order', () => {
  const { headers, head, tail, boundary } = build()
  assert.match(boundary, /^-{12}\d{24}$/)
  assert.equal(headers, [
    ['content-type', `multipart/form-data; boundary=${boundary}`],
    ['content-length', String(head.length + 1000 + tail.length)],
    ['expect', '100-continue'],
    ['host', 'booth:8000'],
  ])
  assert.is(tail.toString(), `\r\n--${boundary}--\r\n`)
})

test('the text fields come in the captured order, the photo last', () => {
  const { parts } = build()
  assert.equal(
    parts.map(({ lines }) => lines[0]),
    ['time', 'hash', 'password', 'user_id', 'name', 'id', 'profile', 'status', 'model', 'version']
      .map((name) => `Content-Disposition: form-data; name="${name}"`)
      .concat('Content-Disposition: form-data; name="fileToUpload"; filename="IMG_0003.JPG"'),
  )
  assert.equal(parts.at(-1)?.lines[1], 'Content-Type: image/jpeg')
  const values = parts.map(({ value }) => value)
  const [time = '', , , , , id = '', profile = '', status = ''] = values
  assert.match(time, /^\d{10}$/)
  assert.equal(values.slice(1, 5), [photo.sha1, 'geheim', userInfo().username, hostname()])
  assert.match(id, /^[A-Z0-9]{16}_00000001\.$/)
  assert.match(profile, /^C:\\.+\.xml$/)
  assert.match(status, /^C:\\.+\.jpg$/)
  assert.equal(values.slice(8), ['Windows', '3.30.2', ''])
})

test('a given field replaces one of the booth in its place, and others come before the photo', () => {
  const { parts } = build([
    ['version', '3.31.0'],
    ['survey1_1_id', 'a=b\r\nc'],
  ])
  assert.is(parts.length, 12)
  assert.equal(parts[9]?.value, '3.31.0')
  assert.is(parts[10]?.lines[0], 'Content-Disposition: form-data; name="survey1_1_id"')
  assert.is(parts[10]?.value, 'a=b\r\nc')
})

test('a quote or a line break in a name cannot end it', () => {
  const { head } = buildRequest({
    photo: { ...photo, fileName: 'a"b\r\nc.jpg' },
    host: 'booth',
    password: 'x',
    fields: [['q"\n', 'v']],
  })
  assert.match(head.toString(), 'filename="a%22b%0D%0Ac.jpg"')
  assert.match(head.toString(), 'name="q%22%0A"')
})

test('the facts of a photo are its name, size, type and SHA-1', async () => {
  const bytes = await readFile(photoPath)
  assert.equal(await inspectPhoto(photoPath), {
    fileName: 'astronaut.jpg',
    mime: 'image/jpeg',
    sizeBytes: bytes.length,
    sha1: createHash('sha1').update(bytes).digest('hex'),
  })
})

for (const path of [join(photoPath, '..', 'missing.jpg'), join(photoPath, '..')]) {
  test(`a photo that cannot be read is a wrong use: ${path.split('/').at(-1)}`, async () => {
    const error = await inspectPhoto(path).catch((cause: unknown) => cause)
    assert.instance(error, AppError)
    assert.is((error as AppError).code, 'invalid_usage')
    assert.match((error as AppError).message, path)
  })
}

test('session ids of one booth count up, and two booths differ', () => {
  const next = createSessionIds()
  const [first, second] = [next(), next()]
  assert.match(first, /_00000001\.$/)
  assert.is(second, first.replace(/1\.$/, '2.'))
  assert.is.not(createSessionIds()(), first)
})

test.run()
