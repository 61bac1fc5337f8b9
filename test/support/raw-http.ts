// HTTP by hand on a socket, for what no client library would send, over TCP or TLS.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectSecurely, type TLSSocket } from 'node:tls'

export interface RawConnection {
  socket: Socket | TLSSocket
  send(text: string | Uint8Array): void
  /** Resolves when what has come matches; rejects when the connection ends before. */
  until(pattern: RegExp): Promise<string>
  /** Everything that came, when the other side has closed. */
  ended(): Promise<string>
  close(): void
}

/** With `ca` over TLS. */
export async function openRaw(url: string, ca?: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url)
  const socket =
    ca === undefined
      ? connect(Number(port), hostname)
      : connectSecurely({ host: hostname, port: Number(port), ca, servername: 'localhost' })
  let received = ''
  let isEnded = false
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1')
  })
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  void closed.then(() => {
    isEnded = true
  })
  await once(socket, ca === undefined ? 'connect' : 'secureConnect')
  socket.on('error', () => undefined) // A reset is an end like any other.
  return {
    socket,
    send: (text) => void socket.write(text),
    async until(pattern) {
      while (!pattern.test(received)) {
        if (isEnded) throw new Error(`the connection ended after: ${received}`)
        await Promise.race([once(socket, 'data').catch(() => undefined), closed])
      }
      return received
    },
    async ended() {
      await closed
      return received
    },
    close: () => void socket.destroy(),
  }
}
