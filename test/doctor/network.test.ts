import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { reachOf } from '../../src/doctor/network.ts'
import { startGeminiEmulator } from '../emulators/gemini.ts'
import { openTestServer, type TestServer } from '../support/server.ts'
import { doctorOf, examine, look, tell } from './examine.ts'

const test = suite('doctor/network')

type Options = Parameters<typeof openTestServer>[0]
type EmulatorOptions = Parameters<typeof startGeminiEmulator>[0]

async function withServer(work: (server: TestServer) => Promise<void>, options: Options = { workers: 0 }) {
  const server = await openTestServer(options)
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

async function withGemini(
  work: (server: TestServer, gemini: Awaited<ReturnType<typeof startGeminiEmulator>>) => Promise<void>,
  emulatorOptions: EmulatorOptions = {},
) {
  const gemini = await startGeminiEmulator(emulatorOptions)
  try {
    const vendor = { gemini_api_key: 'a-key-of-gemini', gemini_base_url: gemini.url }
    await withServer((server) => work(server, gemini), vendor)
  } finally {
    await gemini.close()
  }
}

async function withListener(answer: (server: Server) => void, work: (url: string) => Promise<void>) {
  const server = createServer()
  answer(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

const useGemini = ({ app }: TestServer) =>
  app.slots.update('slot-001', {
    providerId: 'gemini',
    operationId: 'image_edit',
    settings: { prompt: 'paint it' },
  })

test('a vendor’s clock tells that this machine’s is wrong', async () => {
  await withGemini(async (server) => assert.match(String(await tell(server, 'clock')), /^ok,Right to/))
  const behind = withGemini(
    async (server) => assert.match(String(await tell(server, 'clock')), /^problem,This machine is (599|600)/),
    { clockAheadMs: 600_000 },
  )
  await behind
  await withGemini(
    async (server) => assert.match(String(await tell(server, 'clock')), /^warning,.* ahead of Google/),
    {
      clockAheadMs: -60_000,
    },
  )
})

test('without a vendor there is no clock to compare with, and no stranger is asked', () =>
  withServer(async (server) => {
    assert.is((await tell(server, 'clock'))[0]?.[0], 'ok')
  }))

test('a key that is refused, and one that is accepted', async () => {
  await withGemini(
    async (server) => {
      const [found] = await look(server, 'access/gemini')
      assert.is(found?.status, 'problem')
      assert.match(found?.detail ?? '', 'It does not work: key or model not accepted. Gemini does not accept')
      assert.not.match(JSON.stringify(found), 'a-key-of-gemini')
    },
    { apiKey: 'another-one' },
  )
  await withGemini(async (server) =>
    assert.equal(await tell(server, 'access/gemini'), [['ok', 'It is accepted.']]),
  )
})

test('nothing is paid for, and nobody asked, without being told to', () =>
  withGemini(async (server, gemini) => {
    await useGemini(server)
    await examine(server, { kinds: ['quick', 'picture'] })
    const further = await doctorOf(server).listFurther('en')
    assert.is(gemini.requests.length, 0)
    const picture = further.find(({ id }) => id === 'picture/slot-001')
    assert.ok((picture?.costUsd ?? 0) > 0)
    assert.match(String(await tell(server, 'picture/slot-001')), /^ok,Finished after .*, for \$0\.\d+\.$/)
    assert.ok(gemini.requests.length > 0)
  }))

test('an address that phones cannot open is a problem once codes are printed', () =>
  withServer(async (server) => {
    assert.match(String(await tell(server, 'public_url')), /^ok,.*only on this machine/)
    const settings = { qr: true }
    await server.app.slots.update('slot-001', { providerId: 'local', operationId: 'branding', settings })
    assert.match(String(await tell(server, 'public_url')), /^problem,QR codes print http:\/\/127/)
    await server.app.health.workers.enlist({ kind: 'worker', concurrency: 4 }).beat()
    assert.match(String((await tell(server, 'public_url'))[1]), /^warning,A separate worker/)
  }))

test('Turbotext fetches photos, so it needs an address on the internet', () =>
  withServer(
    async (server) => {
      await server.app.slots.update('slot-001', {
        providerId: 'turbotext',
        operationId: 'image_edit',
        settings: { prompt: 'paint it as a watercolour please' },
      })
      assert.match(String(await tell(server, 'public_url')), 'Turbotext Photo AI fetches photos from')
      assert.match(String(await tell(server, 'access/turbotext')), /^ok,Only a picture can tell/)
    },
    { workers: 0, turbotext_api_key: 'a-key-of-turbotext', turbotext_base_url: 'http://127.0.0.1:9' },
  ))

test('where the public address leads', () =>
  withServer(async (server) => {
    assert.match(String(await tell(server, 'reach')), /^ok,.*leads to this program/)
    await withListener(
      (other) => other.on('request', (_, response) => response.end('hello')),
      async (url) => {
        server.app.setListeningUrl(url)
        assert.match(String(await tell(server, 'reach')), /^problem,Something else answers/)
      },
    )
    server.app.setListeningUrl('http://127.0.0.1:9')
    assert.match(String(await tell(server, 'reach')), /^problem,.*cannot be reached/)
    assert.match(String(await tell(server, 'reach', false)), /^warning,.*does not run/)
  }))

test('a server that runs, one that does not, and another program in its place', () =>
  withServer(async (server) => {
    const beat = server.app.health.workers.enlist({ kind: 'serve', concurrency: 4 })
    const at = (url: string) => {
      const { hostname, port } = new URL(url)
      return { app: { ...server.app, config: { ...server.app.config, host: hostname, port: Number(port) } } }
    }
    assert.match(String(await tell(at(server.url), 'server', false)), /^problem,.*works on photos/i)
    assert.match(String(await tell(at('http://127.0.0.1:9'), 'server', false)), /^warning,Nobody listens/)
    await beat.beat()
    assert.match(String(await tell(at(server.url), 'server', false)), /^ok,It answers at/)
    assert.match(String(await tell(at('http://127.0.0.1:9'), 'server', false)), /^warning,A server runs on/)
    await withListener(
      (other) => other.on('connection', (socket) => socket.end('SSH-2.0\r\n')),
      async (url) => assert.match(String(await tell(at(url), 'server', false)), /^problem,Another program/),
    )
  }))

test('a proxy that speaks https is to be named', async () => {
  await withServer(async (server) => assert.is((await tell(server, 'proxy'))[0]?.[0], 'warning'), {
    workers: 0,
    public_url: 'https://photos.example',
  })
  await withServer(async (server) => assert.is((await tell(server, 'proxy'))[0]?.[0], 'ok'), {
    workers: 0,
    public_url: 'https://photos.example',
    trusted_proxies: '10.0.0.0/8',
  })
})

test('who can open an address', () => {
  const reach = (host: string) => reachOf(`http://${host}:8000`)
  assert.equal(['localhost', '127.0.0.1', '[::1]', '0.0.0.0'].map(reach), Array(4).fill('machine'))
  assert.equal(
    ['192.168.1.5', '10.0.0.1', 'booth', 'pi.local', '[fd00::1]'].map(reach),
    Array(5).fill('venue'),
  )
  assert.equal(['photos.example', '8.8.8.8', '[2001:4860::1]'].map(reach), Array(3).fill('public'))
})

test.run()
