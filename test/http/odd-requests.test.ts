// Requests that no booth sends and every scanner does: answered in our shape, by a server that goes on.
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { portrait } from '../support/photos.ts'
import { openRaw } from '../support/raw-http.ts'
import { openTestServer, type TestServer, useEcho } from '../support/server.ts'

const test = suite('http/odd-requests')

let server: TestServer
test.before(async () => {
  server = await openTestServer()
  await useEcho(server, 'slot-001')
})
test.after(() => server.close())

async function answerTo(text: string): Promise<string> {
  const connection = await openRaw(server.url)
  connection.send(text)
  connection.socket.end()
  return connection.ended()
}

test('no Host header: 400, as HTTP/1.1 has it; HTTP/1.0 needs none', async () => {
  const answer = await answerTo('GET /healthz HTTP/1.1\r\n\r\n')
  assert.match(
    answer,
    /^HTTP\/1\.1 400 [\s\S]*X-Content-Type-Options: nosniff[\s\S]*"code":"invalid_request"/,
  )
  assert.match(await answerTo('GET /healthz HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /)
})

test('an expectation that nobody knows is passed over', async () => {
  const answer = await answerTo('GET /healthz HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n')
  assert.match(answer, /^HTTP\/1\.1 200 /)
})

test('a method that nobody knows is 405', async () => {
  const answer = await answerTo('PROPFIND /ingest/slot-001 HTTP/1.1\r\nHost: a\r\n\r\n')
  assert.match(answer, /^HTTP\/1\.1 405 [\s\S]*"code":"method_not_allowed"/)
})

test('a text field says how it is encoded: 7bit, 8bit, binary as they are, base64 decoded, others are 400', async () => {
  const photo = await readFile(portrait)
  const send = async (encoding: string, password: string) => {
    const head =
      `--x\r\nContent-Disposition: form-data; name="password"\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n` +
      `${password}\r\n--x\r\nContent-Disposition: form-data; name="fileToUpload"; filename="a.jpg"\r\n` +
      'Content-Type: image/jpeg\r\n\r\n'
    const body = Buffer.concat([Buffer.from(head), photo, Buffer.from('\r\n--x--\r\n')])
    const headers = { 'content-type': 'multipart/form-data; boundary=x' }
    const answer = await fetch(`${server.url}/ingest/slot-001`, { method: 'POST', headers, body })
    await answer.arrayBuffer()
    return answer.status
  }
  for (const encoding of ['7bit', '8bit', 'binary'])
    assert.is(await send(encoding, server.password), 200, encoding)
  assert.is(await send('base64', Buffer.from(server.password).toString('base64')), 200)
  assert.is(await send('rot13', server.password), 400)
})

test.run()
