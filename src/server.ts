// The HTTP side: middleware in their order, and every routes.ts mounted.
import { setMaxListeners } from 'node:events'
import Koa from 'koa'
import { sessionCookie } from './accounts/sessions.ts'
import { sendTestAlert } from './alerts/test-message.ts'
import { listEndpoints } from './api/endpoints.ts'
import { toOpenApi } from './api/openapi.ts'
import { apiRoutes } from './api/routes.ts'
import type { App } from './app.ts'
import { listPages } from './console/pages.ts'
import { renderPage } from './console/render.ts'
import { consoleRoutes, languageOf } from './console/routes.ts'
import { createStatusReader } from './console/status.ts'
import { languageCookie, translatorOf } from './console/texts.ts'
import { docsRoutes } from './docs/routes.ts'
import { createDoctor } from './doctor/open-doctor.ts'
import { galleryRoutes } from './gallery/routes.ts'
import { knowClients } from './http/client-of-request.ts'
import { refuseSurplus } from './http/connection-limits.ts'
import { errorAnswers } from './http/errors.ts'
import { openListener, type Patience } from './http/listener.ts'
import { requestLog } from './http/request-log.ts'
import { requireHost } from './http/require-host.ts'
import { setSecurityHeaders } from './http/security-headers.ts'
import type { BodyPace } from './http/slow-body.ts'
import { createRequestsUnderWay } from './http/under-way.ts'
import { stopUnreadBody } from './http/unread-body.ts'
import { ingestRoutes } from './ingest/routes.ts'
import { runTest } from './ingest/test-run.ts'
import { isLoopback } from './lib/addresses.ts'
import { readVersion } from './lib/version.ts'
import { readLiveState } from './live/live-state.ts'
import { liveRoutes } from './live/routes.ts'
import { opsRoutes } from './ops/routes.ts'
import { publicRoutes } from './public/routes.ts'
import { shareRoutes } from './share/routes.ts'

export interface HttpServer {
  /** Where it listens, with the port that it got. */
  url: string
  /** Takes no new connection, and ends each with its next answer. Requests that are held go on until `letGo`. */
  stopAccepting(): void
  /** Answers whoever still waits, and resolves when all connections are closed and nothing is being answered. */
  letGo(): Promise<void>
}

interface ServeOptions {
  host: string
  port: number
  runningCount?(): number
  /** Other limits of time than the usual ones. */
  patience?: Partial<Patience>
  bodyPace?: BodyPace
  lookForTlsEveryMs?: number
}

/** For handlers whose clients are gone already. */
const lastHandlersMs = 5_000

/** @throws AppError address_in_use, invalid_config when it cannot listen there */
export async function startServer(
  app: App,
  { host, port, runningCount = () => 0, patience, bodyPace, lookForTlsEveryMs }: ServeOptions,
): Promise<HttpServer> {
  const lettingGo = new AbortController()
  setMaxListeners(0, lettingGo.signal) // One for each booth that waits.
  const koa = new Koa()
  koa.on('error', (error: NodeJS.ErrnoException) => {
    // A client that goes away while its answer is being written is no event of ours.
    if (
      error.code !== 'EPIPE' &&
      error.code !== 'ECONNRESET' &&
      error.code !== 'ERR_STREAM_PREMATURE_CLOSE'
    ) {
      app.log.error({ err: error }, 'http.error')
    }
  })
  const { maxUploadBytes, tls, isTrustedProxy, maxConnections, maxConnectionsPerAddress } = app.config
  knowClients(koa, isTrustedProxy)
  const underWay = createRequestsUnderWay()
  koa.use(underWay.middleware)
  koa.use(requestLog(app.log)).use(setSecurityHeaders).use(stopUnreadBody).use(errorAnswers(app.log))
  koa.use(refuseSurplus).use(requireHost)
  koa.use((ctx, next) => {
    ctx.state.bodyPace = bodyPace
    return next()
  })
  const takeTestPhoto = (test: Parameters<typeof runTest>[1]) => runTest(app, test)
  const endpoints = listEndpoints({
    ...app,
    maxUploadBytes,
    takeTestPhoto,
    doctor: createDoctor({ ...app, isServing: true, takeTestPhoto, wordsOf: translatorOf }),
    sendTestAlert: (stopping) => sendTestAlert(app, translatorOf, stopping),
  })
  const pages = { languageCookie, languageOf, translatorOf, renderPage, readEvent: app.readEvent }
  const routers = [
    ingestRoutes({ ...app, maxUploadBytes }, lettingGo.signal),
    apiRoutes({ endpoints, authenticator: app.sessions, sessionCookie, store: app.store }, lettingGo.signal),
    docsRoutes(() => toOpenApi(endpoints, { version: readVersion(), url: app.publicUrl() })),
    publicRoutes(app),
    shareRoutes({ ...app, pages }),
    galleryRoutes({ ...app, pages, sessionCookie }),
    consoleRoutes({ pages: listPages(app), sessions: app.sessions, sessionCookie, log: app.log }),
    liveRoutes(
      {
        ...app,
        sessionCookie,
        pages,
        readState: () => readLiveState(app),
        readStatus: createStatusReader(app),
      },
      lettingGo.signal,
    ),
    opsRoutes({ ...app, maxInFlightJobs: app.config.maxInFlightJobs, runningCount }),
  ]
  for (const router of routers) koa.use(router.routes())
  for (const router of routers) koa.use(router.allowedMethods())

  const isNear = (address: string) => isLoopback(address) || isTrustedProxy(address)
  const server = await openListener(koa.callback(), {
    host,
    port,
    tls,
    limits: { maxConnections, maxConnectionsPerAddress, isUnlimited: isNear },
    isProxy: isNear,
    onCertificate: app.upkeep.noteCertificate,
    log: app.log,
    ...(patience && { patience }),
    ...(lookForTlsEveryMs !== undefined && { lookForTlsEveryMs }),
  })
  const address = server.address()
  const actualPort = typeof address === 'object' && address ? address.port : port
  const closed = new Promise<void>((resolve) => server.once('close', resolve))

  return {
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${actualPort}`,
    stopAccepting() {
      underWay.closeConnections()
      server.close()
      server.closeIdleConnections()
    },
    async letGo() {
      lettingGo.abort()
      underWay.closeConnections()
      server.close()
      server.closeIdleConnections()
      const patience = setTimeout(() => server.closeAllConnections(), 2_000)
      await closed
      clearTimeout(patience)
      await underWay.idle(lastHandlersMs)
    },
  }
}
