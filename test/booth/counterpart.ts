// What the booth's tests talk to: bare servers of their own, and a folder that goes away.
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createRawServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Counterpart {
  url: string
  close(): Promise<void>
}

export const photoPath = join(import.meta.dirname, '../fixtures/photos/astronaut.jpg')

export function openHttpServer(listener: RequestListener): Promise<Counterpart> {
  return listen(createHttpServer(listener))
}

/** Sees every byte; `onData` gets all that has come over this connection so far. */
export function openRawServer(onData: (received: Buffer, socket: Socket) => void): Promise<Counterpart> {
  return listen(
    createRawServer((socket) => {
      const chunks: Buffer[] = []
      socket.on('error', () => socket.destroy())
      socket.on('data', (chunk) => {
        chunks.push(chunk)
        onData(Buffer.concat(chunks), socket)
      })
    }),
  )
}

async function listen(server: Server): Promise<Counterpart> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Node 20 has no Promise.withResolvers. */
export function createDeferred<T>() {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

export async function openFolder() {
  const path = await mkdtemp(join(tmpdir(), 'photochanger-booth-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** A whole answer as raw bytes. */
export function jsonAnswer(status: string, body: unknown): string {
  const text = JSON.stringify(body)
  const length = Buffer.byteLength(text)
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${text}`
}
