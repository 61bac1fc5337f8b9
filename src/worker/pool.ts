// Claims jobs one after another, up to N at once, and the two ways in which a running job is stopped from outside:
// it ends elsewhere (deadline, cancellation), or this process shuts down.
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { heartbeatMs } from '../jobs/deadlines.ts'
import { expectAnnouncement } from '../jobs/events.ts'
import type { Job } from '../jobs/job.ts'
import type { JobReader } from '../jobs/read-jobs.ts'
import { type RunningJob, startJob } from './run-job.ts'
import { createThumbnailer } from './thumbnailer.ts'
import type { WorkerDeps } from './worker-deps.ts'

// Nobody could extend a lease while the database was away: whoever holds one has this long to do so afterwards.
const afterAwayMs = 2 * heartbeatMs
// The truth under the announcements, and the time in which a lapsed lease is found.
const pollMs = 1_000

export interface WorkerPool {
  /** Claims nothing more, gives running jobs `graceMs`, then hands the rest back to the queue. */
  stop(graceMs: number): Promise<void>
  runningCount(): number
}

interface PoolDeps extends WorkerDeps {
  reader: Pick<JobReader, 'listEnded'>
}

export function startPool(deps: PoolDeps, concurrency: number): WorkerPool {
  const { db, queue, reader, log } = deps
  const workerId = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`
  const running = new Map<string, RunningJob>()
  const thumbnailer = createThumbnailer(deps.results, log)
  const stopping = new AbortController()

  const stopListening = db.listen('job.finalized', (id) => {
    if (id !== undefined) running.get(id)?.watch.stop('ended')
    else void stopEnded()
  })

  let looking = false
  async function stopEnded() {
    if (looking || running.size === 0) return
    looking = true
    try {
      for (const id of await reader.listEnded([...running.keys()])) running.get(id)?.watch.stop('ended')
    } catch (error) {
      log.warn({ err: error }, 'worker.look_failed') // The next heartbeat finds a lost lease as well.
    } finally {
      looking = false
    }
  }

  let wasAwayAt = Number.NEGATIVE_INFINITY
  const onAway = () => {
    wasAwayAt = performance.now()
  }

  async function claim() {
    const takesOver = performance.now() > wasAwayAt + afterAwayMs
    try {
      return (await queue.hasWork({ takesOver })) ? await queue.claim(workerId, { takesOver }) : undefined
    } catch (error) {
      onAway()
      log.error({ err: error }, 'worker.claim_failed')
      return undefined
    }
  }

  async function runJob(job: Job) {
    const started = startJob({ ...deps, thumbnailer, onAway }, job)
    running.set(job.id, started)
    await started.done
    running.delete(job.id)
  }

  // One claims for all: several that wake up for the same job would take the write lock to find it taken.
  async function claimInTurn() {
    const runs = new Set<Promise<void>>()
    while (!stopping.signal.aborted) {
      if (runs.size >= concurrency) {
        await Promise.race(runs)
        continue
      }
      const wake = expectAnnouncement(db, { topic: 'job.queued', atMostMs: pollMs, signal: stopping.signal })
      const job = await claim()
      if (!job) {
        await wake.arrived
        continue
      }
      wake.cancel()
      const run = runJob(job).finally(() => runs.delete(run))
      runs.add(run)
    }
    await Promise.all(runs)
  }

  const claiming = claimInTurn()
  log.debug({ worker: workerId, concurrency }, 'worker.started')

  return {
    runningCount: () => running.size,
    async stop(graceMs) {
      stopping.abort()
      const grace = setTimeout(() => {
        for (const { watch } of running.values()) watch.stop('stopping')
      }, graceMs)
      await claiming
      clearTimeout(grace)
      await thumbnailer.stop()
      stopListening()
    },
  }
}
