// A client that sends exactly the bytes that it is given, over a connection that it keeps where that is possible.
import { connect, type Socket } from 'node:net'
import type { AbuseCase } from './mutator.ts'

export interface Answer {
  status: number
  headers: Map<string, string>
  body: Buffer
}

export interface Outcome {
  /** Undefined when the connection was closed, or nothing came in time. */
  answer: Answer | undefined
  isSilent: boolean
  ms: number
}

export interface Lane {
  send(request: Pick<AbuseCase, 'head' | 'body' | 'method' | 'ending'>): Promise<Outcome>
  close(): void
}

/** One request at a time. */
export function openLane(url: string, patienceMs: number): Lane {
  const { hostname, port } = new URL(url)
  let kept: Socket | undefined

  async function send(request: Parameters<Lane['send']>[0]): Promise<Outcome> {
    const reused = kept
    kept = undefined
    const outcome = await exchange(reused ?? connect(Number(port), hostname), request)
    // The server may close a connection at the moment in which it is used again: once more on a new one.
    if (reused && !outcome.answer && !outcome.isSilent && request.ending === 'keep') return send(request)
    return outcome
  }

  function exchange(socket: Socket, { head, body, method, ending }: Parameters<Lane['send']>[0]) {
    const startedAt = performance.now()
    return new Promise<Outcome>((resolve) => {
      let received: Buffer = Buffer.alloc(0)
      const finish = (answer: Answer | undefined, isSilent = false) => {
        clearTimeout(timer)
        socket.removeAllListeners()
        socket.on('error', () => undefined) // It is given up, or will be found closed.
        if (ending === 'keep' && answer && answer.headers.get('connection') !== 'close') kept = socket
        else socket.destroy()
        resolve({ answer, isSilent, ms: performance.now() - startedAt })
      }
      const timer = setTimeout(() => finish(undefined, true), patienceMs)
      socket.on('data', (chunk: Buffer) => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
        const answer = parseAnswer(received, method === 'HEAD', false)
        if (answer) finish(answer)
      })
      socket.on('error', () => undefined) // 'close' follows.
      socket.on('close', () => finish(parseAnswer(received, method === 'HEAD', true)))
      socket.write(head)
      if (ending === 'keep') socket.write(body)
      else if (ending === 'half-close') socket.end(body)
      else socket.write(body, () => setImmediate(() => socket.resetAndDestroy()))
    })
  }

  return { send, close: () => kept?.destroy() }
}

/** Undefined while it is not complete. */
function parseAnswer(received: Buffer, isHeadOnly: boolean, isEnded: boolean): Answer | undefined {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [statusLine = '', ...lines] = received.toString('latin1', 0, headEnd).split('\r\n')
  const status = Number(statusLine.split(' ')[1])
  if (status >= 100 && status < 200) return parseAnswer(received.subarray(headEnd + 4), isHeadOnly, isEnded)
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [
        line.slice(0, colon).toLowerCase(),
        line
          .slice(colon + 1)
          .trim()
          .toLowerCase(),
      ]
    }),
  )
  const rest = received.subarray(headEnd + 4)
  if (isHeadOnly || status === 204 || status === 304) return { status, headers, body: Buffer.alloc(0) }
  if (headers.get('transfer-encoding') === 'chunked' && rest.subarray(-5).toString() === '0\r\n\r\n')
    return { status, headers, body: rest }
  const length = headers.get('content-length')
  if (length === undefined) return isEnded ? { status, headers, body: rest } : undefined
  return rest.length < Number(length)
    ? undefined
    : { status, headers, body: rest.subarray(0, Number(length)) }
}
