// N lanes, each claiming one job after another, and the two ways in which a running job is stopped from outside:
// it ends elsewhere (deadline, cancellation), or this process shuts down.
import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { hostname } from 'node:os'
import { expectAnnouncement } from '../jobs/events.ts'
import type { JobReader } from '../jobs/read-jobs.ts'
import { type RunningJob, startJob } from './run-job.ts'
import { createThumbnailer } from './thumbnailer.ts'
import type { WorkerDeps } from './worker-deps.ts'

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
  setMaxListeners(0, stopping.signal) // One for each lane.

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

  async function claim() {
    try {
      return (await queue.hasWork()) ? await queue.claim(workerId) : undefined
    } catch (error) {
      log.error({ err: error }, 'worker.claim_failed')
      return undefined
    }
  }

  async function lane() {
    while (!stopping.signal.aborted) {
      const wake = expectAnnouncement(db, { topic: 'job.queued', atMostMs: pollMs, signal: stopping.signal })
      const job = await claim()
      if (!job) {
        await wake.arrived
        continue
      }
      wake.cancel()
      const started = startJob({ ...deps, thumbnailer }, job)
      running.set(job.id, started)
      await started.done
      running.delete(job.id)
    }
  }

  const lanes = Promise.all(Array.from({ length: concurrency }, lane))
  log.debug({ worker: workerId, concurrency }, 'worker.started')

  return {
    runningCount: () => running.size,
    async stop(graceMs) {
      stopping.abort()
      const grace = setTimeout(() => {
        for (const { watch } of running.values()) watch.stop('stopping')
      }, graceMs)
      await lanes
      clearTimeout(grace)
      await thumbnailer.stop()
      stopListening()
    },
  }
}
