// Answers on the bare socket, where no request has come to any handler: broken, too slow, too long.
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { AppError, type ErrorCode, toErrorBody } from '../errors.ts'
import { securityHeaders } from './security-headers.ts'

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
}

/** Says it if nothing else has been said on this connection yet, and closes it. */
export function answerAndClose(socket: Duplex, error: AppError): void {
  // Node keeps the answer that is being written here, and has no public name for it.
  const current = (socket as { _httpMessage?: { headersSent: boolean } | null })._httpMessage
  if (!socket.writable || current?.headersSent) {
    socket.destroy()
    return
  }
  const body = JSON.stringify(toErrorBody(error))
  const head = [
    `HTTP/1.1 ${error.status} ${reasons[error.status] ?? 'Error'}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

const codes: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'payload_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

/** Without it Node answers by itself, in a shape and with headers that are none of ours. */
export function answerBrokenRequests(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const code = error.code ?? ''
    const known = codes[code] ?? (code.startsWith('HPE_') ? 'invalid_request' : undefined)
    if (known === undefined) socket.destroy()
    else answerAndClose(socket, new AppError(known))
  })
}
