// worker: workers only, beside a running `serve`.
import type { Command } from 'commander'
import type { App } from '../app.ts'
import { favourEventLoop } from '../lib/thread-priority.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, wholeNumber, withApp, withInstallation } from './open.ts'
import { untilAborted } from './serve.ts'

const graceMs = 10_000

interface WorkerOptions extends InstallationOptions {
  concurrency: number
  warmUp?: boolean
  metricsHost?: string
  metricsPort?: number
}

export function registerWorker(program: Command, context: CommandContext): void {
  withInstallation(program.command('worker'))
    .description('work on photos in a second process')
    .option('--concurrency <n>', 'photos worked on at once', wholeNumber(1, 64), 4)
    .option('--warm-up', 'wake connections, effects and own models at the start; costs nothing')
    .option(
      '--metrics-port <port>',
      'serve /metrics and /healthz there; 0 picks a free one (default: nowhere)',
      wholeNumber(0, 65_535),
    )
    .option('--metrics-host <address>', 'address of that port (default: 127.0.0.1)')
    .addHelpText('after', '\nExample:\n  photochanger worker --concurrency 8 --data-dir /srv/photochanger')
    .action(async (options: WorkerOptions) => {
      const { startPool } = await import('../worker/pool.ts')
      const { startVitalSigns } = await import('../health/vital-signs.ts')
      const { notifyServiceManager } = await import('../ops/service-manager.ts')
      const { watchSchema } = await import('../ops/watch-schema.ts')
      const { serveWorkerMetrics } = await import('../ops/worker-metrics.ts')
      const { addProcessMetrics } = await import('../lib/metrics.ts')
      const { parseTimetable } = await import('../warm-up/timetable.ts')
      const { startWarmUp } = await import('../warm-up/warm-up.ts')
      const { createClosers } = await import('../lib/closers.ts')
      const work = async (app: App) => {
        const closers = createClosers()
        try {
          const vitalSigns = startVitalSigns(app, { kind: 'worker', concurrency: options.concurrency })
          closers.add(() => vitalSigns.stop())
          // Leases are renewed and calls ended in time however many pictures are computed, and on one machine a
          // server's answers go first.
          favourEventLoop()
          const pool = startPool(app, options.concurrency)
          closers.add(() => pool.stop(graceMs))
          const { warmUp, warmUpAt, workerMetrics } = app.config
          const timetable = warmUpAt === undefined ? [] : parseTimetable(warmUpAt)
          const warming = startWarmUp(app, { atStart: options.warmUp ?? warmUp, timetable })
          closers.add(() => warming.stop())
          if (workerMetrics) {
            addProcessMetrics(app.metrics)
            const server = await serveWorkerMetrics(
              { ...app, runningCount: pool.runningCount },
              workerMetrics,
            )
            closers.add(() => server.close())
            context.stdout.write(`Metrics           ${server.url}/metrics\n`)
          }
          context.stdout.write(`photochanger worker ready with ${options.concurrency} lanes\n`)
          const notices = await notifyServiceManager({ ...app, env: context.env })
          closers.add(() => notices.stop())
          const schema = watchSchema(app)
          closers.add(() => schema.stop())
          await Promise.race([untilAborted(context.signal), schema.overtaken])
        } finally {
          await closers.closeAll()
        }
      }
      const { metricsHost, metricsPort } = options
      await withApp(context, options, work, {
        isDaemon: true,
        flags: { worker_metrics_host: metricsHost, worker_metrics_port: metricsPort },
      })
    })
}
