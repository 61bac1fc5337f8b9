// A photo that an administrator sends to try a slot: the path of a booth's photo, out of the statistics.
import type { Job } from '../jobs/job.ts'
import type { JobQueue } from '../jobs/queue.ts'
import type { Slots } from '../slots/slots.ts'
import { type AcceptDeps, acceptPhoto } from './accept.ts'
import { type WaitDeps, waitUntilFinal } from './wait.ts'

interface TestRunDeps extends AcceptDeps, WaitDeps {
  queue: JobQueue
  slots: Pick<Slots, 'getOpen'>
}

export interface TestPhoto {
  slotId: string
  photo: { path: string; sizeBytes: number; checksum: string; declaredMime: string }
  /** As a booth's form; a password among them is not kept. */
  fields: Record<string, unknown>
  by: string
  signal: AbortSignal
}

/** The finished job, whatever its end. @throws AppError as an ingest does before there is a job */
export async function runTest(deps: TestRunDeps, test: TestPhoto): Promise<Job> {
  const { slotId, photo, fields, by, signal } = test
  const open = await deps.slots.getOpen(slotId)
  await deps.queue.assertRoom()
  const { password: _, ...kept } = fields
  const job = await acceptPhoto(deps, {
    photo,
    form: { kept },
    open,
    isTest: true,
    receivedDetails: { source: 'test', by, bytes: photo.sizeBytes, declared_mime: photo.declaredMime },
  })
  return waitUntilFinal(deps, job, signal)
}
