// Finished pictures by the queue's own way, without a booth and a worker.
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { App } from '../../src/app.ts'
import { leaseOf } from '../../src/jobs/job.ts'
import { newId } from '../../src/lib/id.ts'
import { createNewJob } from './job.ts'
import { portrait } from './photos.ts'
import { jpegAt } from './task.ts'

interface Finished {
  slotId?: string
  isTest?: boolean
  fields?: Record<string, unknown>
  photo?: string
  degradedReason?: string
}

/** A job that a worker of this test has taken. */
export async function startJob({ queue }: Pick<App, 'queue'>, changes: Finished = {}) {
  const { slotId = 'slot-001', isTest = false, fields = {} } = changes
  await queue.enqueue(createNewJob({ slotId, isTest, fields }))
  const job = await queue.claim('a test')
  if (!job) throw new Error('nothing to claim')
  return job
}

type Parts = Pick<App, 'queue' | 'store' | 'results' | 'finalizer'>

export async function finishJob(app: Parts, job: Awaited<ReturnType<typeof startJob>>, made: Finished = {}) {
  const copy = join(app.store.scratchDir, `${newId()}.jpg`)
  await copyFile(made.photo ?? portrait, copy)
  const staged = await app.results.stage(job.id, job.attempt, jpegAt(copy))
  const { stagedPath: _, ...result } = staged
  const finished = await app.finalizer.succeed(leaseOf(job), {
    result,
    retentionHours: 72,
    providerId: 'echo',
    degradedReason: made.degradedReason,
    providerLatencyMs: 1,
    publish: () => app.results.publish(staged),
  })
  if (!finished) throw new Error('the job was taken away')
  return finished
}

/** The id of a job with a picture. */
export async function addPicture(app: Parts, made: Finished = {}): Promise<string> {
  return (await finishJob(app, await startJob(app, made), made)).id
}
