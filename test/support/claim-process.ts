// Claims and finishes jobs until there are none, and prints their ids.
import { leaseOf } from '../../src/jobs/job.ts'
import { createQueue } from '../../src/jobs/queue.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { openByUrl } from './backends.ts'
import { openFinalizer } from './finalizer.ts'

const [, , path = '', worker = ''] = process.argv
const db = openByUrl(path)
const queue = createQueue({ db, clock: systemClock, maxInFlightJobs: 1 })
const finalizer = openFinalizer(db)

const claimed: string[] = []
for (let job = await queue.claim(worker); job; job = await queue.claim(worker)) {
  claimed.push(job.id)
  const result = { path: `results/${job.id}.jpg`, mime: 'image/jpeg', sizeBytes: 1, checksum: '' }
  const done = await finalizer.succeed(leaseOf(job), {
    result,
    retentionHours: 72,
    providerId: 'echo',
    providerLatencyMs: 0,
    publish: async () => undefined,
  })
  if (!done) throw new Error('lost a lease that nobody else could have taken')
}
console.log(JSON.stringify(claimed))
await db.close()
