import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Job, leaseOf, toJob } from '../../src/jobs/job.ts'
import {
  countJobs,
  type JobFilter,
  type JobPage,
  jobSortKeys,
  listJobs,
  maxOffset,
  selectPage,
  selectTotal,
  sortOrders,
  toStates,
} from '../../src/jobs/list-jobs.ts'
import { createNewJob } from '../support/job.ts'
import { explain } from '../support/query-plan.ts'
import { openTestQueue, type TestQueue } from '../support/queue.ts'
import { rejectionOf } from '../support/rejection.ts'

const test = suite('jobs/list-jobs')

const slots = ['slot-001', 'slot-002', 'slot-015']
const ends = ['pending', 'processing', 'success', 'timeout', 'provider_error', 'cancelled'] as const

/** The same numbers each time; each from 0 to `below`. */
function createNumbers(): (below: number) => number {
  let state = 20_261_124
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Jobs in every state, some created in the same millisecond, with deadlines in another order than they came. */
async function fill({ queue, clock, finalizer }: TestQueue): Promise<void> {
  const below = createNumbers()
  for (let at = 0; at < 72; at += 1) {
    const slotId = slots[below(slots.length)] ?? ''
    clock.advance(below(3) * 40)
    const syncResponseMs = ends[at % ends.length] === 'timeout' ? 20_000 : 60_000 + below(9) * 1000
    await queue.enqueue(createNewJob({ slotId, syncResponseMs, isTest: below(5) === 0 }))
  }
  const claimed: Job[] = []
  for (let job = await queue.claim('a'); job; job = await queue.claim('a')) claimed.push(job)
  assert.is(claimed.length, 72)
  clock.advance(20_000)
  for (const [at, job] of claimed.entries()) {
    const lease = leaseOf(job)
    switch (endOf(job, at)) {
      case 'pending':
        await queue.release(lease, 'the worker is shutting down')
        break
      case 'processing':
        break
      case 'success':
        await finalizer.succeed(lease, {
          result: { path: `results/${job.id}.jpg`, mime: 'image/jpeg', sizeBytes: 7, checksum: 'abc' },
          retentionHours: 72,
          providerId: 'echo',
          providerLatencyMs: 5,
          publish: async () => undefined,
        })
        break
      case 'timeout':
        await finalizer.timeout(job.id)
        break
      case 'provider_error':
        await finalizer.fail(lease, { reason: 'provider_error', code: 'no_image', message: 'no picture' })
        break
      case 'cancelled':
        await finalizer.cancel(job.id, 'igor')
    }
  }
}

/** Jobs of one millisecond are claimed in any order: what is to become of a job is told by its deadline first. */
const endOf = (job: Job, at: number) =>
  job.expiresAt - job.createdAt === 20_000 ? 'timeout' : ends.filter((end) => end !== 'timeout')[at % 5]

async function withJobs(work: (parts: TestQueue) => Promise<void>) {
  const parts = await openTestQueue({ maxInFlightJobs: 100 })
  try {
    await fill(parts)
    await work(parts)
  } finally {
    await parts.close()
  }
}

function listFilters(): JobFilter[] {
  const filters: JobFilter[] = []
  for (const status of [undefined, 'pending', 'processing', 'succeeded', 'failed'] as const)
    for (const isFinalized of [undefined, true, false])
      for (const failureReason of [undefined, 'timeout', 'provider_error', 'cancelled'] as const)
        for (const slotId of [undefined, 'slot-002', 'slot-009'])
          filters.push({ status, isFinalized, failureReason, slotId })
  return filters
}

const fits = (job: Job, filter: JobFilter) =>
  (filter.status === undefined || job.status === filter.status) &&
  (filter.isFinalized === undefined || job.isFinalized === filter.isFinalized) &&
  (filter.failureReason === undefined || job.failureReason === filter.failureReason) &&
  (filter.slotId === undefined || job.slotId === filter.slotId)

const keyOf = (job: Job, sortBy: JobPage['sortBy']) =>
  sortBy === 'created_at' ? job.createdAt : job.expiresAt

function sortNaively(jobs: readonly Job[], { sortBy, sortOrder }: Pick<JobPage, 'sortBy' | 'sortOrder'>) {
  const sorted = jobs.toSorted(
    (a, b) => keyOf(a, sortBy) - keyOf(b, sortBy) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  )
  return (sortOrder === 'asc' ? sorted : sorted.reverse()).map(({ id }) => id)
}

test('the generated jobs are of every kind, some of them from the same millisecond', () =>
  withJobs(async ({ db }) => {
    const jobs = (await db.query.selectFrom('jobs').selectAll().execute()).map(toJob)
    const kinds = new Set(jobs.map((job) => job.failureReason ?? job.status))
    assert.equal([...kinds].sort(), [
      'cancelled',
      'pending',
      'processing',
      'provider_error',
      'succeeded',
      'timeout',
    ])
    assert.ok(new Set(jobs.map((job) => job.createdAt)).size < jobs.length)
    assert.not.equal(
      sortNaively(jobs, { sortBy: 'created_at', sortOrder: 'asc' }),
      sortNaively(jobs, { sortBy: 'expires_at', sortOrder: 'asc' }),
    )
  }))

test('any filter in any order gives what a look at each job gives, page by page, with its total', () =>
  withJobs(async ({ db }) => {
    const all = (await db.query.selectFrom('jobs').selectAll().execute()).map(toJob)
    for (const filter of listFilters()) {
      const fitting = all.filter((job) => fits(job, filter))
      assert.is(await countJobs(db.query, filter), fitting.length, JSON.stringify(filter))
      for (const sortBy of jobSortKeys) {
        for (const sortOrder of sortOrders) {
          const listed: string[] = []
          for (let page = 1; page <= 1 + Math.ceil(fitting.length / 20); page += 1) {
            const jobs = await listJobs(db, filter, { page, pageSize: 20, sortBy, sortOrder })
            listed.push(...jobs.map(({ id }) => id))
          }
          const expected = sortNaively(fitting, { sortBy, sortOrder })
          assert.equal(listed, expected, JSON.stringify({ filter, sortBy, sortOrder }))
        }
      }
    }
  }))

test('pages of the oldest first stay as they are while jobs come and end', () =>
  withJobs(async ({ db, queue, finalizer, reader }) => {
    const page = { page: 2, pageSize: 20, sortBy: 'created_at', sortOrder: 'asc' } as const
    const before = (await listJobs(db, {}, page)).map(({ id }) => id)
    await queue.enqueue(createNewJob())
    for (const job of await reader.list({ status: 'processing' }, 5)) await finalizer.cancel(job.id, 'igor')
    const after = (await listJobs(db, {}, page)).map(({ id }) => id)
    assert.equal(after, before)
  }))

test('no list and no total looks through the jobs: ranges of an index, and the few in flight', () =>
  withJobs(async ({ db }) => {
    const slotIds = ['slot-001', 'slot-002']
    for (const filter of listFilters()) {
      const states = toStates(filter)
      const total = selectTotal(db.query, { slotIds, states })
      const pages = jobSortKeys.flatMap((sortBy) =>
        sortOrders.map((sortOrder) =>
          selectPage(db.query, {
            slotIds,
            states,
            sortBy,
            sortOrder,
            pageSize: 20,
            offset: 40,
            limitsRanges: db.limitsRanges,
          }),
        ),
      )
      for (const select of [total, ...pages]) {
        if (!select) continue
        const { steps, sorts } = await explain(db, 'jobs', select.compile())
        const scans = steps.filter(({ index, isRange }) => !isRange && index !== 'jobs_in_flight')
        assert.equal(scans, [], JSON.stringify(filter))
        // Ranges come in order: only the page itself and the jobs in flight are sorted.
        assert.ok(sorts <= (states.active.length > 0 ? 2 : 1), `${JSON.stringify(filter)} ${sorts}`)
      }
    }
  }))

test('totals stay exact when an end comes twice', () =>
  withJobs(async ({ db, finalizer, reader }) => {
    const [job] = await reader.list({ status: 'processing' }, 1)
    if (!job) throw new Error('nothing runs')
    const before = await countJobs(db.query, { failureReason: 'cancelled' })
    await Promise.all([finalizer.cancel(job.id, 'igor'), finalizer.cancel(job.id, 'serg')])
    assert.is(await countJobs(db.query, { failureReason: 'cancelled' }), before + 1)
  }))

test('an unknown slot and a page that is too deep are refused', () =>
  withJobs(async ({ db }) => {
    const page: JobPage = { page: 1, pageSize: 100, sortBy: 'created_at', sortOrder: 'desc' }
    const unknown = await rejectionOf(listJobs(db, { slotId: 'slot-016' }, page))
    assert.is(unknown.code, 'invalid_request')
    assert.match(unknown.message, /slot_id: there is no slot "slot-016"/)
    assert.is((await rejectionOf(countJobs(db.query, { slotId: 'x' }))).code, 'invalid_request')
    const deepest = maxOffset / page.pageSize + 1
    assert.equal(await listJobs(db, {}, { ...page, page: deepest }), [])
    const tooDeep = await rejectionOf(listJobs(db, {}, { ...page, page: deepest + 1 }))
    assert.match(tooDeep.message, /100000 jobs deep/)
  }))

test.run()
