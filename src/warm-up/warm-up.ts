// Wakes what the first photo would wait for: at the start, at set times, or both. What fails is only a warning.
import { type ScheduledTask, schedule } from 'node-cron'
import type { Log } from '../lib/log.ts'
import { listTargets, type TargetDeps, wakeLimitMs } from './targets.ts'

interface WarmUpDeps extends TargetDeps {
  log: Log
}

interface WarmUpOptions {
  atStart: boolean
  /** Expressions of cron. */
  timetable: readonly string[]
}

export interface WarmUp {
  /** Resolves when the one that runs now, if any, has ended. */
  settled(): Promise<void>
  /** Ends the one that runs. */
  stop(): Promise<void>
}

export function startWarmUp(deps: WarmUpDeps, { atStart, timetable }: WarmUpOptions): WarmUp {
  const stopping = new AbortController()
  let running: Promise<void> | undefined

  function begin(): void {
    if (stopping.signal.aborted) return
    running ??= warmUp(deps, stopping.signal).finally(() => {
      running = undefined
    })
  }

  const tasks: ScheduledTask[] = timetable.map((expression) => schedule(expression, begin))
  if (atStart) begin()
  return {
    async settled() {
      await running
    },
    async stop() {
      stopping.abort()
      await Promise.all(tasks.map((task) => task.destroy()))
      await running
    },
  }
}

/** One target after another: booths may be waiting meanwhile. Never rejects. */
export async function warmUp(deps: WarmUpDeps, signal: AbortSignal): Promise<void> {
  const { log } = deps
  const begunAt = performance.now()
  const tookMs: Record<string, number> = {}
  const failed: string[] = []
  try {
    for (const { name, wake } of await listTargets(deps)) {
      if (signal.aborted) return
      const at = performance.now()
      try {
        await wake(AbortSignal.any([signal, AbortSignal.timeout(wakeLimitMs)]))
        tookMs[name] = Math.round(performance.now() - at)
      } catch (error) {
        if (signal.aborted) return
        failed.push(name)
        log.warn({ target: name, err: error }, 'warm_up.failed')
      }
    }
    const totalMs = Math.round(performance.now() - begunAt)
    log.info({ total_ms: totalMs, took_ms: tookMs, ...(failed.length > 0 && { failed }) }, 'warm_up.done')
  } catch (error) {
    log.warn({ err: error }, 'warm_up.failed') // The slots could not be read; /readyz says that too.
  }
}
