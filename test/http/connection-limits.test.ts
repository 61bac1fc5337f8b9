// How many connections there may be. Addresses other than loopback cannot be had in a test, so the limits of one address
// are tried on a listener that takes loopback for any other.
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadConfig } from '../../src/config.ts'
import { refuseSurplus } from '../../src/http/connection-limits.ts'
import { errorAnswers } from '../../src/http/errors.ts'
import { openListener } from '../../src/http/listener.ts'
import { createLog } from '../../src/lib/log.ts'
import { openRaw, type RawConnection } from '../support/raw-http.ts'
import { openTestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('http/connection-limits')

interface Limited {
  url: string
  server: Server
  open(): Promise<RawConnection>
}

async function withLimits(
  limits: { total: number; perAddress: number },
  work: (limited: Limited) => Promise<void>,
) {
  const log = await createLog({ level: 'silent' })
  const koa = new Koa()
  koa.use(errorAnswers(log)).use(refuseSurplus)
  koa.use((ctx) => {
    ctx.body = 'served'
  })
  const server = await openListener(koa.callback(), {
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    limits: {
      maxConnections: limits.total,
      maxConnectionsPerAddress: limits.perAddress,
      isUnlimited: () => false,
    },
    isProxy: () => false,
    log,
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const opened: RawConnection[] = []
  try {
    await work({
      url,
      server,
      async open() {
        const connection = await openRaw(url)
        opened.push(connection)
        return connection
      },
    })
  } finally {
    for (const connection of opened) connection.close()
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
}

const ask = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

test('one address too many connections: 429 with Retry-After and the end of the connection', () =>
  withLimits({ total: 100, perAddress: 2 }, async ({ open }) => {
    const first = await open()
    const second = await open()
    const third = await open()
    third.send(ask)
    const refusal = await third.ended()
    assert.match(refusal, /^HTTP\/1\.1 429 /)
    assert.match(refusal, /Retry-After: \d+/i)
    assert.match(refusal, /Connection: close/i)
    assert.match(refusal, /"code":"too_many_connections"/)
    for (const good of [first, second]) {
      good.send(ask)
      await good.until(/served/)
    }
  }))

test('too many in total: 503; a connection that ends makes room', () =>
  withLimits({ total: 2, perAddress: 100 }, async ({ open, server }) => {
    const [first] = [await open(), await open()]
    const third = await open()
    third.send(ask)
    assert.match(await third.ended(), /^HTTP\/1\.1 503 [\s\S]*"code":"server_busy"/)
    first.close()
    const countOpen = () =>
      new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))
    await until(async () => (await countOpen()) === 1, 'the server has seen the end')
    const next = await open()
    next.send(ask)
    await next.until(/served/)
  }))

test('connections that only wait for a next request give way to new ones', () =>
  withLimits({ total: 2, perAddress: 100 }, async ({ open }) => {
    const idle = await open()
    idle.send(ask)
    await idle.until(/served/)
    const next = await open()
    assert.match(await idle.ended(), /served/)
    next.send(ask)
    await next.until(/served/)
  }))

test('this machine is not limited, only counted', async () => {
  const server = await openTestServer({ workers: 0, max_connections_per_address: 1 })
  const connections = await Promise.all([1, 2, 3].map(() => openRaw(server.url)))
  for (const connection of connections) {
    connection.send('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
    await connection.until(/"status":"ok"/)
    connection.close()
  }
  await server.close()
})

test('thirty booths behind one address have room', () => {
  const { maxConnections, maxConnectionsPerAddress } = loadConfig({}, {})
  assert.ok(maxConnectionsPerAddress >= 30 * 6)
  assert.ok(maxConnections > maxConnectionsPerAddress)
})

test.run()
