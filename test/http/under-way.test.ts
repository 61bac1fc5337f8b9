// A server that ends: connections end with their answers, and handlers outlive their clients.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import Koa from 'koa'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createRequestsUnderWay } from '../../src/http/under-way.ts'
import { createGate } from '../support/gate.ts'

const test = suite('http/under-way')
const longMs = 60_000

async function withServer(koa: Koa, work: (server: Server, client: Socket) => Promise<void>) {
  const server = createServer(koa.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  try {
    await work(server, client)
  } finally {
    client.destroy()
    server.close()
  }
}

const ask = (client: Socket) => client.write('GET / HTTP/1.1\r\nhost: here\r\n\r\n')

async function readAnswer(client: Socket): Promise<string> {
  const [chunk] = await once(client, 'data')
  return String(chunk)
}

test('a connection stays, and ends with the first answer after the server has begun to end', () => {
  const underWay = createRequestsUnderWay()
  const koa = new Koa().use(underWay.middleware).use((ctx) => {
    ctx.body = 'here'
  })
  return withServer(koa, async (_, client) => {
    ask(client)
    assert.match(await readAnswer(client), /connection: keep-alive/i)
    underWay.closeConnections()
    const ended = once(client, 'end')
    ask(client)
    assert.match(await readAnswer(client), /connection: close/i)
    await ended
  })
})

test('a handler is waited for after its client has gone', () => {
  const underWay = createRequestsUnderWay()
  const [entered, mayEnd] = [createGate(), createGate()]
  const events: string[] = []
  const koa = new Koa().use(underWay.middleware).use(async () => {
    entered.open()
    await mayEnd.promise
    events.push('handled')
  })
  return withServer(koa, async (server, client) => {
    const [[atServer]] = (await Promise.all([once(server, 'connection'), ask(client)])) as [[Socket], boolean]
    await entered.promise
    client.destroy()
    await once(atServer, 'close')
    const idle = underWay.idle(longMs).then(() => events.push('idle'))
    mayEnd.open()
    await idle
    assert.equal(events, ['handled', 'idle'])
  })
})

test('a handler that never ends does not hold the server for ever', () => {
  const underWay = createRequestsUnderWay()
  const entered = createGate()
  const koa = new Koa().use(underWay.middleware).use(() => {
    entered.open()
    return new Promise(() => undefined)
  })
  return withServer(koa, async (_, client) => {
    ask(client)
    await entered.promise
    await underWay.idle(1)
  })
})

test.run()
