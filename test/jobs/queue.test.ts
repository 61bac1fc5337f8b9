import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../src/errors.ts'
import { leaseMs } from '../../src/jobs/deadlines.ts'
import { type Job, leaseOf } from '../../src/jobs/job.ts'
import { createNewJob } from '../support/job.ts'
import { openTestQueue, type TestQueue } from '../support/queue.ts'

const test = suite('jobs/queue')

async function withQueue(work: (parts: TestQueue) => Promise<void>, options = {}) {
  const parts = await openTestQueue(options)
  try {
    await work(parts)
  } finally {
    await parts.close()
  }
}

async function claimed({ queue }: TestQueue, worker: string): Promise<Job> {
  const job = await queue.claim(worker)
  if (!job) throw new Error('nothing to claim')
  return job
}

test('a job keeps its snapshot, its fields and a deadline that is fixed at creation', () =>
  withQueue(async ({ queue, reader, clock }) => {
    const { id } = await queue.enqueue(createNewJob({ fields: { name: 'BOOTH-1' }, syncResponseMs: 45_000 }))
    clock.advance(1000)
    const job = await reader.get(id)
    assert.is(job.status, 'pending')
    assert.is(job.expiresAt, job.createdAt + 45_000)
    assert.equal(job.fields, { name: 'BOOTH-1' })
    assert.is(job.slot.providerId, 'echo')
  }))

test('jobs are claimed oldest first, each once', () =>
  withQueue(async (parts) => {
    const first = await parts.queue.enqueue(createNewJob())
    parts.clock.advance(1)
    const second = await parts.queue.enqueue(createNewJob())
    assert.is((await claimed(parts, 'a')).id, first.id)
    assert.is((await claimed(parts, 'b')).id, second.id)
    assert.is(await parts.queue.claim('c'), undefined)
  }))

test('more jobs than the limit are refused, and a finished one makes room', () =>
  withQueue(
    async (parts) => {
      await parts.queue.enqueue(createNewJob())
      await parts.queue.enqueue(createNewJob())
      const refused = await parts.queue.enqueue(createNewJob()).catch((error) => error)
      assert.instance(refused, AppError)
      assert.is(refused.code, 'queue_busy')
      assert.ok(refused.retryAfterSec > 0)
      const job = await claimed(parts, 'a')
      await parts.finalizer.cancel(job.id, 'test')
      await parts.queue.enqueue(createNewJob())
    },
    { maxInFlightJobs: 2 },
  ))

test('enqueues at once never pass the limit together', () =>
  withQueue(
    async ({ queue, reader }) => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, () => queue.enqueue(createNewJob())),
      )
      assert.is(outcomes.filter(({ status }) => status === 'fulfilled').length, 3)
      assert.is((await reader.list({}, 100)).length, 3)
    },
    { maxInFlightJobs: 3 },
  ))

test('a job whose lease ran out is claimed again, and the first worker can write nothing any more', () =>
  withQueue(async (parts) => {
    await parts.queue.enqueue(createNewJob())
    const first = await claimed(parts, 'a')
    assert.is(await parts.queue.hasWork(), false)
    parts.clock.advance(leaseMs)
    assert.is(await parts.queue.hasWork(), true)
    const second = await claimed(parts, 'b')
    assert.is(second.attempt, 2)
    assert.is(await parts.queue.extend(leaseOf(first)), false)
    assert.is(await parts.queue.saveReference(leaseOf(first), 'paid'), false)
    assert.is(await parts.queue.release(leaseOf(first), 'late'), false)
    assert.is(await parts.queue.extend(leaseOf(second)), true)
  }))

test('who does not take over leaves a lapsed lease to its worker, and takes what waits', () =>
  withQueue(async (parts) => {
    await parts.queue.enqueue(createNewJob())
    const held = await claimed(parts, 'a')
    parts.clock.advance(leaseMs)
    const waitsOnly = { takesOver: false }
    assert.is(await parts.queue.hasWork(waitsOnly), false)
    assert.is(await parts.queue.claim('b', waitsOnly), undefined)
    assert.is(await parts.queue.extend(leaseOf(held)), true)
    const { id } = await parts.queue.enqueue(createNewJob())
    assert.is(await parts.queue.hasWork(waitsOnly), true)
    assert.is((await parts.queue.claim('b', waitsOnly))?.id, id)
  }))

test('an extended lease holds longer', () =>
  withQueue(async (parts) => {
    await parts.queue.enqueue(createNewJob())
    const job = await claimed(parts, 'a')
    parts.clock.advance(leaseMs - 1)
    assert.is(await parts.queue.extend(leaseOf(job)), true)
    parts.clock.advance(leaseMs - 1)
    assert.is(await parts.queue.claim('b'), undefined)
  }))

test('a released job is claimed at once by another worker, with the reference of what was paid for', () =>
  withQueue(async (parts) => {
    await parts.queue.enqueue(createNewJob())
    const first = await claimed(parts, 'a')
    await parts.queue.saveReference(leaseOf(first), 'queue-42')
    assert.is(await parts.queue.release(leaseOf(first), 'shutdown'), true)
    const second = await claimed(parts, 'b')
    assert.is(second.providerJobReference, 'queue-42')
  }))

test('a job past its deadline is not claimed', () =>
  withQueue(async ({ queue, clock }) => {
    await queue.enqueue(createNewJob({ syncResponseMs: 1000 }))
    clock.advance(1000)
    assert.is(await queue.claim('a'), undefined)
  }))

test('a listener hears of a queued and of a released job', () =>
  withQueue(async (parts) => {
    const heard: (string | undefined)[] = []
    parts.db.listen('job.queued', (id) => {
      if (id !== undefined) heard.push(id)
    })
    const { id } = await parts.queue.enqueue(createNewJob())
    await parts.queue.release(leaseOf(await claimed(parts, 'a')), 'shutdown')
    assert.equal(heard, [id, id])
  }))

test('the state of the queue counts what is in flight and how old it is', () =>
  withQueue(async (parts) => {
    assert.equal(await parts.reader.queueState(), { pending: 0, processing: 0, oldestAgeMs: 0 })
    await parts.queue.enqueue(createNewJob())
    parts.clock.advance(500)
    await parts.queue.enqueue(createNewJob())
    await claimed(parts, 'a')
    assert.equal(await parts.reader.queueState(), { pending: 1, processing: 1, oldestAgeMs: 500 })
  }))

test.run()
