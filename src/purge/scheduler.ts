// Sweeps on a timetable, inside `serve`. Each kind runs once at a time here, and those of files once at a time in all.
import { type ScheduledTask, schedule } from 'node-cron'
import type { Inspector } from '../inspector/inspector.ts'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { PurgeRuns } from './runs.ts'
import type { Scope, Sweeper } from './sweeps.ts'

const timetable = {
  overdue: '*/5 * * * * *',
  purge_runs: '*/5 * * * * *',
  media_objects: '*/30 * * * * *',
  full: '*/15 * * * *',
} as const

interface SchedulerDeps {
  sweeper: Sweeper
  finalizer: { timeoutOverdue(): Promise<unknown[]> }
  purgeRuns: Pick<PurgeRuns, 'resume' | 'forgetOld'>
  inspector: Pick<Inspector, 'prune'>
  leases: { runAlone(name: string, work: () => Promise<void>): Promise<boolean> }
  metrics: Metrics
  log: Log
}

export interface Scheduler {
  /** Resolves when no sweep runs any more. */
  stop(): Promise<void>
}

export function startScheduler({
  sweeper,
  finalizer,
  purgeRuns,
  metrics,
  log,
  inspector,
  leases,
}: SchedulerDeps): Scheduler {
  const stopping = new AbortController()
  const running = new Map<string, Promise<void>>()

  function exclusively(name: string, work: () => Promise<void>): () => void {
    return () => {
      if (running.has(name) || stopping.signal.aborted) return
      const run = work()
        .then(() => metrics.sweeps.inc({ scope: name, outcome: 'ok' }))
        .catch((error: unknown) => {
          metrics.sweeps.inc({ scope: name, outcome: 'failed' })
          log.error({ scope: name, err: error }, 'sweep.failed')
        })
        .finally(() => running.delete(name))
      running.set(name, run)
    }
  }

  async function sweep(scope: Scope) {
    const report = await sweeper.sweep({ scope, signal: stopping.signal })
    metrics.sweptFiles.inc({ scope }, report.files)
    if (report.files > 0 || report.overdueJobs > 0) log.info({ scope, ...report }, 'sweep.done')
  }

  async function alone(name: string, work: () => Promise<void>) {
    await leases.runAlone(`sweep:${name}`, work)
  }

  const tasks: ScheduledTask[] = [
    schedule(
      timetable.overdue,
      exclusively('overdue', async () => {
        await finalizer.timeoutOverdue()
      }),
    ),
    schedule(
      timetable.purge_runs,
      exclusively('purge_runs', () => purgeRuns.resume()),
    ),
    schedule(
      timetable.media_objects,
      exclusively('media_objects', () => alone('media_objects', () => sweep('media_objects'))),
    ),
    schedule(
      timetable.full,
      exclusively('full', () =>
        alone('full', async () => {
          await sweep('full')
          await purgeRuns.forgetOld()
          await inspector.prune()
        }),
      ),
    ),
  ]

  return {
    async stop() {
      stopping.abort()
      await Promise.all(tasks.map((task) => task.destroy()))
      await Promise.all(running.values())
    },
  }
}
