// Sweeps at intervals, inside `serve`. Each kind runs once at a time here, and those of files once at a time in all.
// By timers, which do not care for the clock on the wall: one that is set back would stop a timetable until it is there again.
import type { Inspector } from '../inspector/inspector.ts'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { PurgeRuns } from './runs.ts'
import type { Scope, Sweeper } from './sweeps.ts'

const everyMs = {
  overdue: 5_000,
  purge_runs: 5_000,
  media_objects: 30_000,
  full: 15 * 60_000,
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

  const works: Record<keyof typeof everyMs, () => Promise<void>> = {
    async overdue() {
      await finalizer.timeoutOverdue()
    },
    purge_runs: () => purgeRuns.resume(),
    media_objects: () => alone('media_objects', () => sweep('media_objects')),
    full: () =>
      alone('full', async () => {
        await sweep('full')
        await purgeRuns.forgetOld()
        await inspector.prune()
      }),
  }
  const timers = Object.entries(works).map(([name, work]) =>
    setInterval(exclusively(name, work), everyMs[name as keyof typeof everyMs]),
  )

  return {
    async stop() {
      stopping.abort()
      for (const timer of timers) clearInterval(timer)
      await Promise.all(running.values())
    },
  }
}
