// Photos that are told apart by their bytes, a server that a test answers for, and `watch` as a real process.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { portrait } from './photos.ts'

const bin = fileURLToPath(new URL('../../bin/photochanger', import.meta.url))

export const photoBytes = await readFile(portrait)

/** The portrait with a comment inside: another file, and a whole one. */
export function numberedPhoto(number: number): Buffer {
  const words = Buffer.from(`photo ${number}`)
  const head = Buffer.from([0xff, 0xfe, 0, words.length + 2])
  return Buffer.concat([photoBytes.subarray(0, 2), head, words, photoBytes.subarray(2)])
}

/** Hidden files of the watcher's own are left out. */
export const listPictures = async (folder: string) =>
  (await readdir(folder)).filter((name) => !name.startsWith('.')).sort()

export interface Received {
  key: string
  form: string
  response: ServerResponse
}

/** Reads each photo, keeps it in `received`, and answers as told; by default with the photo's own bytes. */
export async function openStandInServer(answer: (received: Received, count: number) => void, port = 0) {
  const received: Received[] = []
  const server = createServer(async (request: IncomingMessage, response) => {
    request.setEncoding('latin1')
    const form = await text(request).catch(() => undefined)
    if (form === undefined) return
    const one = { key: String(request.headers['idempotency-key']), form, response }
    received.push(one)
    answer(one, received.length)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const { port: listening } = server.address() as AddressInfo
  return {
    received,
    port: listening,
    url: `http://127.0.0.1:${listening}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** The photo as it came, so that a test sees whose picture a file is. */
export function answerWithPhoto({ form, response }: Received): void {
  const start = form.indexOf('\r\n\r\n', form.indexOf('name="fileToUpload"')) + 4
  const end = form.lastIndexOf('\r\n--')
  const bytes = Buffer.from(form.slice(start, end), 'latin1')
  response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': bytes.length }).end(bytes)
}

export function answerWithError({ response }: Received, status: number, code: string, headers = {}): void {
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify({ error: { code, message: `Because of ${code}.`, details: {} } }))
}

export interface Watcher {
  child: ChildProcess
  /** JSON lines that have come so far. */
  lines: Record<string, unknown>[]
  stderr: () => string
  onLine(look: (line: Record<string, unknown>) => void): void
  ended: Promise<number | null>
  stop(signal: NodeJS.Signals): Promise<number | null>
}

/** `photochanger watch … --json` */
export function startWatcher(args: readonly string[]): Watcher {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('PHOTOCHANGER_')),
  )
  const child = spawn(process.execPath, [bin, 'watch', ...args, '--json'], {
    env: { ...env, PHOTOCHANGER_INGEST_PASSWORD: 'secret' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: Record<string, unknown>[] = []
  const looks: ((line: Record<string, unknown>) => void)[] = []
  let rest = ''
  let problems = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const line = JSON.parse(part) as Record<string, unknown>
      lines.push(line)
      for (const look of looks) look(line)
    }
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    problems += chunk
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return {
    child,
    lines,
    stderr: () => problems,
    onLine: (look) => void looks.push(look),
    ended,
    async stop(signal) {
      child.kill(signal)
      return await ended
    },
  }
}
