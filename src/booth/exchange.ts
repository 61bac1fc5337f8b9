// One HTTP exchange with `Expect: 100-continue`: headers, the wait, the streamed body, the first byte of the answer.
// It reads no answer; answer.ts does.
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { urlToHttpOptions } from 'node:url'
import { AppError } from '../errors.ts'
import { type BoothRequest, toPhotoError } from './request.ts'

/** `performance.now()` of what has happened so far. */
export interface Marks {
  startedAt: number
  connectedAt?: number
  continuedAt?: number
  sendingAt?: number
  uploadedAt?: number
}

interface Upload {
  booth: BoothRequest
  photoPath: string
  sizeBytes: number
  continueWaitMs: number
  marks: Marks
  onUploaded?: () => void
}

/** The request is not started yet; whoever opens it destroys it. */
export function openRequest(url: URL, booth: BoothRequest, signal: AbortSignal): ClientRequest {
  const open = url.protocol === 'https:' ? requestHttps : requestHttp
  const request = open({
    ...urlToHttpOptions(url),
    auth: undefined,
    method: 'POST',
    agent: false,
    setHost: false,
    signal,
  })
  // Not in the options: Node would write an `expect` from there at once, with a `connection` of its own.
  for (const [name, value] of booth.headers) {
    request.setHeader(name, value)
  }
  request.removeHeader('connection')
  return request
}

/** Resolves at the answer's first byte, be it in the middle of the upload, which then stops. */
export function exchange(request: ClientRequest, upload: Upload): Promise<IncomingMessage> {
  const { marks } = upload
  return new Promise((resolve, reject) => {
    const stop = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const settle = () => {
      clearTimeout(timer)
      stop.abort()
    }
    const fail = (cause: unknown) => {
      settle()
      reject(cause)
    }
    const send = () => {
      clearTimeout(timer)
      if (marks.sendingAt !== undefined) return
      marks.sendingAt = performance.now()
      // A failure after `stop` is only the upload that the answer cut short.
      sendBody(request, upload, stop.signal).catch(fail)
    }
    request.once('socket', (socket) => {
      socket.once(request.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        marks.connectedAt = performance.now()
        timer = setTimeout(send, upload.continueWaitMs)
      })
    })
    request.once('continue', () => {
      marks.continuedAt = performance.now()
      send()
    })
    request.once('finish', () => {
      marks.uploadedAt = performance.now()
      upload.onUploaded?.()
    })
    request.once('response', (response) => {
      settle()
      resolve(response)
    })
    request.on('error', fail)
    request.flushHeaders()
  })
}

async function sendBody(request: ClientRequest, upload: Upload, stop: AbortSignal): Promise<void> {
  for await (const chunk of readBody(upload)) {
    if (stop.aborted) return
    if (!request.write(chunk)) {
      await once(request, 'drain', { signal: stop })
    }
  }
  request.end()
}

async function* readBody({ booth, photoPath, sizeBytes }: Upload): AsyncGenerator<Buffer> {
  yield booth.head
  let left = sizeBytes
  if (left > 0) {
    try {
      for await (const chunk of createReadStream(photoPath, { end: sizeBytes - 1 })) {
        left -= chunk.length
        yield chunk
      }
    } catch (cause) {
      throw toPhotoError(photoPath, cause)
    }
  }
  if (left > 0) {
    throw new AppError('invalid_usage', {
      message: `The photo ${photoPath} became shorter while it was sent.`,
    })
  }
  yield booth.tail
}
