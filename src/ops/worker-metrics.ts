// What machines ask of a worker that is a process of its own: is it alive, how is it doing. The queue, the store and all
// that belongs to the installation is told by the servers.
import { createServer, type ServerResponse } from 'node:http'
import { AppError, toErrorBody } from '../errors.ts'
import { listen } from '../http/listener.ts'
import type { Metrics } from '../lib/metrics.ts'

interface WorkerMetricsDeps {
  metrics: Metrics
  runningCount(): number
}

export interface WorkerMetricsServer {
  url: string
  close(): Promise<void>
}

/** Of a scraper or two. */
const maxConnections = 20

/** @throws AppError address_in_use, invalid_config when it cannot listen there */
export async function serveWorkerMetrics(
  { metrics, runningCount }: WorkerMetricsDeps,
  { host, port }: { host: string; port: number },
): Promise<WorkerMetricsServer> {
  const server = createServer(async (request, response) => {
    request.resume()
    if (request.url === '/healthz') return sendJson(response, 200, { status: 'ok' })
    if (request.url !== '/metrics') return sendJson(response, 404, toErrorBody(new AppError('not_found')))
    metrics.running.set(runningCount())
    const page = await metrics.registry.metrics()
    response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(page)
  })
  server.maxConnections = maxConnections
  await listen(server, { host, port, flag: '--metrics-port' })
  const address = server.address()
  const actualPort = typeof address === 'object' && address ? address.port : port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}
