import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { leaseMs } from '../../src/jobs/deadlines.ts'
import type { Success } from '../../src/jobs/finalize.ts'
import { type Job, leaseOf } from '../../src/jobs/job.ts'
import { dayMs } from '../../src/stats/periods.ts'
import { createNewJob } from '../support/job.ts'
import { openTestQueue, type TestQueue } from '../support/queue.ts'
import { rejectionOf } from '../support/rejection.ts'

const test = suite('jobs/finalize')

async function withJob(work: (parts: TestQueue, job: Job) => Promise<void>, changes = {}) {
  const parts = await openTestQueue()
  try {
    await parts.queue.enqueue(createNewJob(changes))
    const job = await parts.queue.claim('a')
    if (!job) throw new Error('nothing to claim')
    await work(parts, job)
  } finally {
    await parts.close()
  }
}

function success(publish = async () => undefined): Success {
  const result = { path: 'results/x.jpg', mime: 'image/jpeg', sizeBytes: 7, checksum: 'abc' }
  return {
    result,
    retentionHours: 72,
    providerId: 'echo',
    providerLatencyMs: 5,
    publish: async () => void (await publish()),
  }
}

const statsOf = async ({ stats, clock }: TestQueue) =>
  (await stats.read({ from: clock.now() - dayMs, to: clock.now() + 1, grouping: 'day' })).summary

test('a success keeps its result for the retention time, counted from its end', () =>
  withJob(async (parts, job) => {
    parts.clock.advance(3000)
    const done = await parts.finalizer.succeed(leaseOf(job), success())
    assert.is(done?.status, 'succeeded')
    assert.is(done?.finalizedAt, job.createdAt + 3000)
    assert.is(done?.resultExpiresAt, job.createdAt + 3000 + 72 * 3_600_000)
    assert.is((await statsOf(parts)).success, 1)
    const events = (await parts.reader.log(job.id)).map(({ event }) => event)
    assert.equal(events, ['received', 'dispatched', 'succeeded'])
  }))

test('a result that comes after the deadline changes no field of the job', () =>
  withJob(async (parts, job) => {
    parts.clock.advance(48_000)
    const before = await parts.reader.get(job.id)
    let published = false
    const late = await parts.finalizer.succeed(
      leaseOf(job),
      success(async () => {
        published = true
      }),
    )
    assert.is(late, undefined)
    assert.not(published)
    assert.equal(await parts.reader.get(job.id), before)
  }))

test('of two ends at the same time one counts', () =>
  withJob(async (parts, job) => {
    const ends = await Promise.all([
      parts.finalizer.succeed(leaseOf(job), success()),
      parts.finalizer.cancel(job.id, 'somebody'),
      parts.finalizer.fail(leaseOf(job), { reason: 'provider_error', code: 'no_image', message: 'none' }),
    ])
    assert.is(ends.filter(Boolean).length, 1)
    assert.is(parts.cleaned.length, 1)
    assert.is((await statsOf(parts)).ingestCount, 1)
  }))

test('a worker that lost its lease cannot end the job', () =>
  withJob(async (parts, job) => {
    parts.clock.advance(leaseMs)
    await parts.queue.claim('b')
    assert.is(await parts.finalizer.succeed(leaseOf(job), success()), undefined)
    const failure = { reason: 'provider_error', code: 'no_image', message: 'none' } as const
    assert.is(await parts.finalizer.fail(leaseOf(job), failure), undefined)
    assert.is((await parts.reader.get(job.id)).isFinalized, false)
  }))

test('when the file cannot be published nothing is written', () =>
  withJob(async (parts, job) => {
    const failing = success(async () => {
      throw new Error('disk full')
    })
    assert.is((await rejectionOf(parts.finalizer.succeed(leaseOf(job), failing))).message, 'disk full')
    assert.is((await parts.reader.get(job.id)).status, 'processing')
    assert.is((await statsOf(parts)).ingestCount, 0)
  }))

test('a job times out only when its window has closed, and says so in its log', () =>
  withJob(async (parts, job) => {
    assert.is(await parts.finalizer.timeout(job.id), undefined)
    parts.clock.advance(48_000)
    const ended = await parts.finalizer.timeout(job.id)
    assert.is(ended?.failureReason, 'timeout')
    assert.is((await parts.reader.log(job.id)).at(-1)?.event, 'timeout')
    assert.is((await statsOf(parts)).timeouts, 1)
  }))

test('overdue jobs are all ended by one call, and a second call finds none', () =>
  withJob(async (parts) => {
    await parts.queue.enqueue(createNewJob())
    parts.clock.advance(48_000)
    await parts.queue.enqueue(createNewJob())
    assert.is((await parts.finalizer.timeoutOverdue()).length, 2)
    assert.is((await parts.finalizer.timeoutOverdue()).length, 0)
    assert.equal(await parts.reader.queueState(), { pending: 1, processing: 0, oldestAgeMs: 0 })
  }))

test('a final job stays as it is', () =>
  withJob(async (parts, job) => {
    await parts.finalizer.cancel(job.id, 'somebody')
    const before = await parts.reader.get(job.id)
    parts.clock.advance(60_000)
    assert.is(await parts.finalizer.cancel(job.id, 'somebody else'), undefined)
    assert.is(await parts.finalizer.timeout(job.id), undefined)
    assert.is(await parts.queue.extend(leaseOf(job)), false)
    assert.equal(await parts.reader.get(job.id), before)
    assert.is(before.errorCode, 'job_cancelled')
  }))

test('the announcement comes after the temporary files are gone', () =>
  withJob(async (parts, job) => {
    const cleanedWhenHeard = new Promise<number>((resolve) => {
      parts.db.listen('job.finalized', (id) => {
        if (id !== undefined) resolve(parts.cleaned.length)
      })
    })
    await parts.finalizer.cancel(job.id, 'somebody')
    assert.is(await cleanedWhenHeard, 1)
  }))

test('a test run stays out of the statistics', () =>
  withJob(
    async (parts, job) => {
      await parts.finalizer.succeed(leaseOf(job), success())
      assert.is((await statsOf(parts)).ingestCount, 0)
    },
    { isTest: true },
  ))

test.run()
