// A file that cannot be read any more when its answer begins.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import Koa from 'koa'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { errorAnswers } from '../../src/http/errors.ts'
import { setSecurityHeaders } from '../../src/http/security-headers.ts'
import { createLog } from '../../src/lib/log.ts'
import { readError } from '../support/booth.ts'

const test = suite('http/first-byte')

const broken = () =>
  new Readable({
    read() {
      this.destroy(Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' }))
    },
  })

async function ask(body: () => Readable, method = 'GET'): Promise<Response> {
  const log = await createLog({ level: 'fatal', destination: process.stderr })
  const koa = new Koa()
  koa.on('error', () => undefined) // What is looked at is the answer.
  koa.use(setSecurityHeaders).use(errorAnswers(log))
  koa.use((ctx) => {
    ctx.type = 'image/jpeg'
    ctx.length = 6
    ctx.etag = 'of-the-picture'
    ctx.body = body()
    ctx.length = 6
  })
  const server = koa.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { method })
    const bytes = await response.arrayBuffer()
    return new Response(method === 'HEAD' ? null : bytes, response)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('is answered as an error, in the usual shape, with the usual headers and none of the picture', async () => {
  const answer = await ask(broken)
  assert.is(answer.status, 503)
  assert.is(answer.headers.get('x-content-type-options'), 'nosniff')
  assert.match(answer.headers.get('content-security-policy') ?? '', "default-src 'none'")
  assert.is(answer.headers.get('etag'), null)
  assert.match(answer.headers.get('content-type') ?? '', 'application/json')
  assert.is((await readError(answer)).code, 'storage_unavailable')
})

test('one that can be read comes whole, in one piece or in many', async () => {
  const whole = await ask(() => Readable.from([Buffer.from('photos')]))
  assert.is(await whole.text(), 'photos')
  const pieces = await ask(() => Readable.from([Buffer.from('pho'), Buffer.from('to'), Buffer.from('s')]))
  assert.is(await pieces.text(), 'photos')
  assert.is(pieces.headers.get('etag'), '"of-the-picture"')
})

test('HEAD asks for no byte', async () => {
  assert.is((await ask(broken, 'HEAD')).status, 200)
})

test.run()
