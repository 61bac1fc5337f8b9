// The crowd of the overload benchmark, in a process of its own: photos by so many booths in turn, or so many a second.
// HTTP by hand on a connection for each photo: on the same cores, whatever the crowd costs is taken from the server.
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { buildRequest } from '../../src/booth/request.ts'
import { prepareUpload, type Upload } from './client.ts'
import { answerMessages } from './process.ts'

export interface Load {
  url: string
  photoPath: string
  password: string
  seconds: number
  /** Booths that each send their next photo when the last one is back … */
  booths?: number
  /** … or arrivals that wait for nobody. */
  perSecond?: number
}

export interface Arrival {
  /** 0: no answer came. */
  status: number
  startedMs: number
  ms: number
}

/** More are not held open at once; they are counted as not sent. */
const maxOpen = 400
const patienceMs = 30_000

answerMessages<Load>(async (load) => {
  const upload = await prepareUpload(load.photoPath, load.password)
  const arrivals: Arrival[] = []
  const startedAt = performance.now()
  const endsAt = startedAt + load.seconds * 1000
  let unsent = 0
  const send = async () => {
    const sentAt = performance.now()
    const status = await sendPhoto(load.url, upload)
    arrivals.push({ status, startedMs: sentAt - startedAt, ms: performance.now() - sentAt })
  }
  if (load.perSecond === undefined) {
    await Promise.all(
      Array.from({ length: load.booths ?? 1 }, async () => {
        while (performance.now() < endsAt) await send()
      }),
    )
    return { arrivals, unsent }
  }
  const open = new Set<Promise<void>>()
  let due = 0
  while (performance.now() < endsAt) {
    const dueNow = Math.floor(((performance.now() - startedAt) / 1000) * load.perSecond)
    for (; due < dueNow; due += 1) {
      if (open.size >= maxOpen) {
        unsent += 1
        continue
      }
      const sent: Promise<void> = send().finally(() => open.delete(sent))
      open.add(sent)
    }
    await pause(1)
  }
  await Promise.all(open)
  return { arrivals, unsent }
})

/** The status, once the whole answer is here. */
function sendPhoto(url: string, { photo, password, bytes }: Upload): Promise<number> {
  const { hostname, port, host } = new URL(url)
  const { headers, head, tail } = buildRequest({ photo, password, host })
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    socket.setNoDelay(true)
    socket.setTimeout(patienceMs, () => socket.destroy())
    let text = ''
    let status = 0
    let missing = Number.POSITIVE_INFINITY
    socket.on('connect', () => {
      const lines = headers.map(([name, value]) => `${name}: ${value}`)
      socket.write(`POST /ingest/slot-001 HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    })
    socket.on('data', (chunk) => {
      if (status !== 0) missing -= chunk.length
      else {
        text += chunk.toString('latin1')
        const end = text.indexOf('\r\n\r\n')
        if (end < 0) return
        const code = Number(text.slice(9, 12))
        if (code === 100) {
          text = text.slice(end + 4)
          for (const part of [head, bytes, tail]) socket.write(part)
          return
        }
        status = code
        missing = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0) - (text.length - end - 4)
      }
      if (missing <= 0) socket.destroy()
    })
    socket.on('error', () => undefined) // The end that follows is counted.
    socket.on('close', () => resolve(missing <= 0 ? status : 0))
  })
}
