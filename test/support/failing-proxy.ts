// A real HTTP proxy in front of a server of the tests, which fails as a network does: an answer 503, a connection that
// is reset before the answer or in the middle of it. What fails is decided by a seed.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createRandom } from './random.ts'

interface Refusal {
  status: number
  code: string
}

export interface FailingProxy {
  url: string
  /** From now on this share of the calls fails. */
  failSome(share: number, seed?: number): void
  /** From now on all calls are answered with this error of S3; undefined lets them through again. */
  refuseAll(refusal: Refusal | undefined): void
  /** The next answer with a body of more than this many bytes breaks off there. */
  cutNextAfter(bytes: number): void
  breakOpenConnections(): void
  /** `GET /bucket/key`, in their order. */
  calls: string[]
  failures(): number
  openSockets(): number
  close(): Promise<void>
}

export async function startFailingProxy(targetPort: number): Promise<FailingProxy> {
  const calls: string[] = []
  const sockets = new Set<Socket>()
  let random = createRandom(1)
  let share = 0
  let failures = 0
  let refusal: Refusal | undefined
  let cutAfter: number | undefined

  const server = createServer((incoming, outgoing) => {
    calls.push(`${incoming.method} ${incoming.url?.split('?')[0]}`)
    if (refusal) return refuse(incoming, outgoing, refusal)
    if (share > 0 && random() < share) {
      failures += 1
      const kind = Math.floor(random() * 3)
      if (kind === 0) return refuse(incoming, outgoing, { status: 503, code: 'SlowDown' })
      if (kind === 1) return void incoming.socket.resetAndDestroy()
      return forward(incoming, outgoing, 1)
    }
    forward(incoming, outgoing, undefined)
  })

  function forward(incoming: IncomingMessage, outgoing: ServerResponse, ownCut: number | undefined): void {
    const { method, url, headers } = incoming
    const { expect: _, ...kept } = headers
    const onward = request(
      { port: targetPort, host: '127.0.0.1', method, path: url, headers: kept },
      (answer) => {
        let cut = ownCut
        if (cutAfter !== undefined && Number(answer.headers['content-length']) > cutAfter) {
          cut = cutAfter
          cutAfter = undefined
        }
        let sent = 0
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.on('data', (chunk: Buffer) => {
          sent += chunk.length
          if (!outgoing.write(chunk)) answer.pause()
          if (cut !== undefined && sent > cut) incoming.socket.resetAndDestroy()
        })
        outgoing.on('drain', () => answer.resume())
        answer.on('end', () => outgoing.end())
        answer.on('error', () => outgoing.destroy())
        outgoing.on('close', () => answer.destroy())
      },
    )
    onward.on('error', () => outgoing.destroy())
    incoming.on('error', () => onward.destroy())
    incoming.pipe(onward)
  }

  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    failSome(newShare, seed = 1) {
      share = newShare
      random = createRandom(seed)
    },
    refuseAll(newRefusal) {
      refusal = newRefusal
    },
    cutNextAfter(bytes) {
      cutAfter = bytes
    },
    breakOpenConnections() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    failures: () => failures,
    openSockets: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function refuse(incoming: IncomingMessage, outgoing: ServerResponse, { status, code }: Refusal): void {
  incoming.resume()
  incoming.once('end', () => {
    outgoing.writeHead(status, { 'content-type': 'application/xml' })
    outgoing.end(
      incoming.method === 'HEAD'
        ? undefined
        : `<?xml version="1.0"?><Error><Code>${code}</Code><Message>as told</Message></Error>`,
    )
  })
}
