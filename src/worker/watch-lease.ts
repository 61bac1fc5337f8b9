// One abort signal for everything that is done for a job, and why it fired.
import type { Lease } from '../jobs/job.ts'
import type { JobQueue } from '../jobs/queue.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

/** `deadline`: the window closes. `ended`: the job is no longer ours. `stopping`: this process shuts down. */
export type StopReason = 'deadline' | 'ended' | 'stopping'

export interface LeaseWatch {
  signal: AbortSignal
  /** Undefined while work may go on. */
  stopReason(): StopReason | undefined
  stop(reason: StopReason): void
  /** Ends the timers; the signal no longer fires. */
  close(): void
}

interface WatchOptions {
  queue: Pick<JobQueue, 'extend'>
  clock: Clock
  log: Log
  deadline: number
  heartbeatMs: number
  /** Called when the lease could not be extended because the database was away. */
  onAway?(): void
}

/** Extends the lease until it is closed. */
export function watchLease(
  lease: Lease,
  { queue, clock, log, deadline, heartbeatMs, onAway }: WatchOptions,
): LeaseWatch {
  const controller = new AbortController()
  let reason: StopReason | undefined

  function stop(why: StopReason) {
    if (reason !== undefined) return
    reason = why
    close()
    controller.abort(new Error(`The work on this job was stopped: ${why}`))
  }

  async function beat() {
    try {
      if (!(await queue.extend(lease))) stop('ended')
    } catch (error) {
      // The lease may survive a database that is away for a moment; if not, finalizing will find it lost.
      log.warn({ err: error }, 'lease.extend_failed')
      onAway?.()
    }
  }

  const deadlineTimer = setTimeout(() => stop('deadline'), Math.max(0, deadline - clock.now()))
  const heartbeat = setInterval(beat, heartbeatMs)

  function close() {
    clearTimeout(deadlineTimer)
    clearInterval(heartbeat)
  }

  return { signal: controller.signal, stopReason: () => reason, stop, close }
}
