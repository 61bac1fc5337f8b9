// The server underneath: http or https, its patience with slow clients, and where it listens.
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { AppError } from '../errors.ts'
import type { AddressTest } from '../lib/addresses.ts'
import type { CertificateTerm } from '../lib/certificate-term.ts'
import type { Log } from '../lib/log.ts'
import { peerOf } from './client-of-request.ts'
import { type ConnectionLimits, limitConnections } from './connection-limits.ts'
import { leaveContinueToHandlers } from './expect-continue.ts'
import { answerBrokenRequests } from './raw-answer.ts'
import { readTls, type TlsFiles, watchTls } from './tls.ts'

export interface Patience {
  /** For all headers of a request, and for a connection that says nothing at first. */
  headersMs: number
  /** For a request with its body. What follows it, such as a booth's wait for its picture, is not counted. */
  requestMs: number
  /** A connection on which nothing at all moves. Longer than the longest window, 60 s. */
  silenceMs: number
  /** For the next request on the same connection. */
  nextRequestMs: number
  /** The same for a proxy, which must be the one to close: 60 s is what nginx and others wait. */
  nextFromProxyMs: number
  handshakeMs: number
  lookEveryMs: number
}

const defaultPatience: Patience = {
  headersMs: 20_000,
  // A booth on a slow line sends 50 MiB in this time at 1.5 Mbit/s.
  requestMs: 300_000,
  silenceMs: 150_000,
  nextRequestMs: 20_000,
  nextFromProxyMs: 75_000,
  handshakeMs: 15_000,
  lookEveryMs: 5_000,
}

const maxHeaderBytes = 16 * 1024
const maxRequestsPerSocket = 10_000

interface ListenerOptions {
  host: string
  port: number
  tls: TlsFiles | undefined
  limits: Omit<ConnectionLimits, 'log' | 'isEncrypted'>
  isProxy: AddressTest
  log: Log
  patience?: Partial<Patience>
  lookForTlsEveryMs?: number
  /** Hears of the certificate that is shown, at the start and when it changes. */
  onCertificate?(term: CertificateTerm): void
}

/** @throws AppError address_in_use, invalid_config */
export async function openListener(handle: RequestListener, options: ListenerOptions): Promise<Server> {
  const { host, port, tls, limits, isProxy, log } = options
  const patience = { ...defaultPatience, ...options.patience }
  const pair = tls && (await readTls(tls))
  const common = {
    headersTimeout: patience.headersMs,
    requestTimeout: patience.requestMs,
    keepAliveTimeout: patience.nextRequestMs,
    connectionsCheckingInterval: patience.lookEveryMs,
    maxHeaderSize: maxHeaderBytes,
    requireHostHeader: false, // `requireHost` says it in our shape.
  }
  const secure =
    pair && createSecureServer({ ...common, ...pair.context, handshakeTimeout: patience.handshakeMs })
  const server: Server = secure ?? createServer(common)
  server.timeout = patience.silenceMs
  server.maxRequestsPerSocket = maxRequestsPerSocket
  limitConnections(server, { ...limits, isEncrypted: pair !== undefined, log })
  leaveContinueToHandlers(server)
  answerBrokenRequests(server)
  server.on('request', (req, res) => {
    if (isProxy(peerOf(req))) res.once('finish', () => req.socket.setTimeout(patience.nextFromProxyMs))
  })
  server.on('request', handle)
  await listen(server, { host, port, flag: '--port' })
  if (secure && tls && pair) {
    const everyMs = options.lookForTlsEveryMs
    const { onCertificate } = options
    const stopWatching = watchTls(secure, tls, pair, {
      log,
      ...(onCertificate && { onPair: onCertificate }),
      ...(everyMs !== undefined && { everyMs }),
    })
    server.once('close', stopWatching)
  }
  return server
}

interface Place {
  host: string
  port: number
  /** Which option chooses another port. */
  flag: string
}

/** @throws AppError address_in_use, invalid_config */
export function listen(server: Server, { host, port, flag }: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE'
      reject(
        new AppError(isTaken ? 'address_in_use' : 'invalid_config', {
          message: isTaken
            ? `Port ${port} of ${host} is in use by another program. Choose another with ${flag}.`
            : `Cannot listen on ${host}:${port}: ${error.message}`,
          cause: error,
        }),
      )
    })
    server.listen(port, host, resolve)
  })
}
