// Thumbnails of finished pictures, one at a time behind the jobs: a booth that waits comes before a gallery that
// does not. What a rush leaves out is made at the first visit.
import type { Log } from '../lib/log.ts'
import type { Results } from '../media/results.ts'

const maxWaiting = 100

export interface Thumbnailer {
  /** Returns at once; never fails. */
  request(jobId: string, resultPath: string): void
  /** Resolves when none is being made; those that still wait are left to the first visit. */
  stop(): Promise<void>
}

export function createThumbnailer(results: Pick<Results, 'ensureThumbnail'>, log: Log): Thumbnailer {
  const waiting: { jobId: string; resultPath: string }[] = []
  let running: Promise<void> | undefined

  async function run() {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      try {
        await results.ensureThumbnail(next.jobId, next.resultPath)
      } catch (error) {
        log.warn({ job: next.jobId, err: error }, 'thumbnail.failed')
      }
    }
    running = undefined
  }

  return {
    request(jobId, resultPath) {
      if (waiting.length >= maxWaiting) return
      waiting.push({ jobId, resultPath })
      running ??= run()
    },
    async stop() {
      waiting.length = 0
      await running
    },
  }
}
