import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createHttpClient } from '../../src/providers/request.ts'
import { withTape } from '../../src/providers/tape.ts'
import { listFiles } from '../support/files.ts'
import { makeFolder } from '../support/folder.ts'
import { rejectionOf } from '../support/rejection.ts'

const test = suite('providers/tape')
const { signal } = new AbortController()
const headers = { authorization: 'Bearer very-secret-key' }

test('what was recorded is played again in its order, without network and without the key', async () => {
  const folder = await makeFolder()
  let answers = 0
  const server = createServer((req, res) => {
    answers += 1
    res.setHeader('set-cookie', 'token=1')
    res.end(
      req.url?.startsWith('/picture')
        ? Buffer.from([0xff, 0x00, 0xfe])
        : `answer ${answers} to very-secret-key`,
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const live = createHttpClient({ baseUrl })
  const recorder = withTape(live, 'vendor', { mode: 'record', folder: folder.path })
  const picture = join(folder.path, 'picture')
  const ask = (client: typeof live, verb: string) =>
    client.request({
      method: 'POST',
      path: '/api?id=7',
      headers,
      body: new URLSearchParams({ do: verb }),
      signal,
    })
  await ask(recorder, 'create')
  await ask(recorder, 'poll')
  await ask(recorder, 'poll')
  assert.is(
    await recorder.download({ url: `${baseUrl}/picture?f=1`, targetPath: picture, headers, signal }),
    200,
  )
  await live.close()
  server.close()

  for (const file of await listFiles(folder.path)) {
    const { body_base64: body = '', ...rest } = file.endsWith('.json')
      ? JSON.parse(await readFile(join(folder.path, file), 'utf8'))
      : {}
    const text = JSON.stringify(rest) + Buffer.from(body, 'base64').toString('latin1')
    assert.not(text.includes('very-secret-key'), file)
    assert.not(text.includes('token=1'), file)
  }

  const offline = createHttpClient({ baseUrl })
  const player = withTape(offline, 'vendor', { mode: 'replay', folder: folder.path })
  const texts: string[] = []
  for (const verb of ['poll', 'create', 'poll', 'poll']) texts.push((await ask(player, verb)).body.toString())
  assert.equal(texts, ['answer 2 to [key]', 'answer 1 to [key]', 'answer 3 to [key]', 'answer 2 to [key]'])
  const played = join(folder.path, 'played')
  assert.is(
    await player.download({ url: 'http://vendor.example/picture?f=2', targetPath: played, signal }),
    200,
  )
  assert.equal(await readFile(played), Buffer.from([0xff, 0x00, 0xfe]))
  const unknown = await rejectionOf(player.request({ method: 'GET', path: '/other', signal }))
  assert.is(unknown.code, 'provider_unavailable')
  assert.match(unknown.message, 'GET-other')
  await offline.close()
  await folder.remove()
})

test('without a tape the client is used as it is', async () => {
  const client = createHttpClient({ baseUrl: 'http://127.0.0.1:9' })
  assert.is(withTape(client, 'vendor', undefined), client)
  await client.close()
})

test.run()
