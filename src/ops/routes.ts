// What machines ask: is it alive, is it ready for photos, how is it doing.
import Router from '@koa/router'
import { sql } from 'kysely'
import type { Database } from '../db/database.ts'
import type { HealthDeps } from '../health/health.ts'
import type { JobReader } from '../jobs/read-jobs.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { MediaStore } from '../storage/store.ts'
import { createUsageReader } from './usage.ts'

interface OpsDeps {
  db: Database
  clock: Clock
  upkeep: Pick<HealthDeps, 'readCertificate' | 'readBackup'>
  store: MediaStore
  reader: Pick<JobReader, 'queueState'>
  metrics: Metrics
  log: Log
  maxInFlightJobs: number
  runningCount(): number
}

const dayMs = 86_400_000

export function opsRoutes(deps: OpsDeps): Router {
  const { db, clock, store, reader, metrics, upkeep, log } = deps
  const readUsage = createUsageReader(store)
  const router = new Router()

  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' }
  })

  router.get('/readyz', async (ctx) => {
    const checks = {
      database: await isFine('database', () => sql`select 1`.execute(db.query)),
      disk: await isFine('disk', () => store.probe()),
      queue: await isFine('queue', async () => {
        const { pending, processing } = await reader.queueState()
        if (pending + processing >= deps.maxInFlightJobs) throw new Error('the queue is full')
      }),
    }
    const isReady = Object.values(checks).every((check) => check === 'ok')
    ctx.status = isReady ? 200 : 503
    ctx.body = { status: isReady ? 'ready' : 'not_ready', checks }
  })

  async function isFine(check: string, work: () => Promise<unknown>): Promise<'ok' | 'failed'> {
    try {
      await work()
      return 'ok'
    } catch (error) {
      log.warn({ check, err: error }, 'ready.check_failed')
      return 'failed'
    }
  }

  router.get('/metrics', async (ctx) => {
    const [queue, usage, certificate, backup] = await Promise.all([
      reader.queueState(),
      readUsage(),
      upkeep.readCertificate(),
      upkeep.readBackup(),
    ])
    metrics.queueDepth.set({ status: 'pending' }, queue.pending)
    metrics.queueDepth.set({ status: 'processing' }, queue.processing)
    metrics.queueAge.set(queue.oldestAgeMs / 1000)
    metrics.running.set(deps.runningCount())
    metrics.mediaUsedBytes.set(usage.usedBytes)
    if (usage.freeBytes !== undefined) metrics.mediaFreeBytes.set(usage.freeBytes)
    if (certificate && 'expiresAt' in certificate)
      metrics.certificateDays.set((certificate.expiresAt - clock.now()) / dayMs)
    if (backup?.lastGoodAt !== undefined) metrics.lastBackup.set(backup.lastGoodAt / 1000)
    ctx.type = metrics.registry.contentType
    ctx.body = await metrics.registry.metrics()
  })

  return router
}
