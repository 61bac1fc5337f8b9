// Jobs that have really been queued, worked on and ended over some weeks, and the naive count that figures must agree with.
import type { FailureReason } from '../../src/jobs/job.ts'
import { leaseOf } from '../../src/jobs/job.ts'
import type { Figures } from '../../src/stats/figures.ts'
import { dayMs, type Grouping, hourMs, periodEnd, periodStart } from '../../src/stats/periods.ts'
import { createNewJob } from '../support/job.ts'
import type { TestQueue } from '../support/queue.ts'
import { createRandom } from '../support/random.ts'

export interface EndedJob {
  slotId: string
  providerId: string
  createdAt: number
  finalizedAt: number
  failureReason: FailureReason | undefined
  isDegraded: boolean
  costMicroUsd: number
  /** Who made the picture, and how long that took. */
  picture: { providerId: string; latencyMs: number } | undefined
}

export const slotIds = ['slot-001', 'slot-002', 'slot-003']
export const providerIds = ['gemini', 'turbotext', 'local']
const outcomes = [
  'success',
  'success',
  'success',
  'degraded',
  'timeout',
  'provider_error',
  'cancelled',
  'test',
] as const

/** Test runs are among them in the queue, and not in what is returned. */
export async function makeHistory(
  parts: TestQueue,
  { jobs, days, seed = 1 }: { jobs: number; days: number; seed?: number },
) {
  const random = createRandom(seed)
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
  const { queue, finalizer, clock, db } = parts
  const ended: EndedJob[] = []
  for (let index = 0; index < jobs; index += 1) {
    clock.advance(Math.round((random() * 2 * days * dayMs) / jobs))
    const outcome = pick(outcomes)
    const slotId = pick(slotIds)
    const providerId = pick(providerIds)
    const base = createNewJob()
    const slot = { ...base.slot, providerId }
    await queue.enqueue({ ...base, slotId, slot, isTest: outcome === 'test' })
    const job = await queue.claim('worker')
    if (!job) throw new Error('nothing to claim')
    const costMicroUsd = Math.floor(random() * 3) * 39_000
    await db.query
      .updateTable('jobs')
      .set({ cost_micro_usd: costMicroUsd })
      .where('id', '=', job.id)
      .execute()
    const latencyMs = Math.round(300 * Math.exp(3 * random()))
    const picture = { providerId: outcome === 'degraded' ? 'local' : providerId, latencyMs }
    clock.advance(outcome === 'timeout' ? 48_000 : latencyMs + 20)
    const hasPicture = outcome === 'success' || outcome === 'degraded' || outcome === 'test'
    if (hasPicture) {
      await finalizer.succeed(leaseOf(job), {
        result: { path: `results/${job.id}.jpg`, mime: 'image/jpeg', sizeBytes: 3, checksum: 'abc' },
        retentionHours: 72,
        providerId: picture.providerId,
        degradedReason: outcome === 'degraded' ? 'provider_unavailable' : undefined,
        providerLatencyMs: latencyMs,
        publish: async () => undefined,
      })
    } else if (outcome === 'cancelled') await finalizer.cancel(job.id, 'somebody')
    else if (outcome === 'timeout') await finalizer.timeout(job.id)
    else await finalizer.fail(leaseOf(job), { reason: outcome, code: 'no_image', message: 'none' })
    if (outcome === 'test') continue
    ended.push({
      slotId,
      providerId,
      createdAt: job.createdAt,
      finalizedAt: clock.now(),
      failureReason: hasPicture ? undefined : (outcome as FailureReason),
      isDegraded: outcome === 'degraded',
      costMicroUsd,
      picture: hasPicture ? picture : undefined,
    })
  }
  return ended
}

export function count(jobs: readonly EndedJob[]): Figures {
  const having = (holds: (job: EndedJob) => boolean) => jobs.filter(holds).length
  const sum = (value: (job: EndedJob) => number) => jobs.reduce((total, job) => total + value(job), 0)
  return {
    success: having((job) => job.failureReason === undefined),
    timeouts: having((job) => job.failureReason === 'timeout'),
    providerErrors: having((job) => job.failureReason === 'provider_error'),
    cancelled: having((job) => job.failureReason === 'cancelled'),
    errors: having((job) => job.failureReason !== undefined),
    ingestCount: jobs.length,
    degraded: having((job) => job.isDegraded),
    costMicroUsd: sum((job) => job.costMicroUsd),
    elapsedMs: sum((job) => job.finalizedAt - job.createdAt),
    elapsedCount: jobs.length,
  }
}

/** Job by job and period by period. */
export function recount(
  jobs: readonly EndedJob[],
  { from, to, grouping }: { from: number; to: number; grouping: Grouping },
) {
  const inRange = jobs.filter(({ finalizedAt }) => {
    const hour = finalizedAt - (finalizedAt % hourMs)
    return hour + hourMs > from && hour < to
  })
  const rows = []
  for (let start = periodStart(from, grouping); start < to; start = periodEnd(start, grouping)) {
    const end = periodEnd(start, grouping)
    const within = inRange.filter(({ finalizedAt }) => finalizedAt >= start && finalizedAt < end)
    rows.push({ periodStart: start, periodEnd: end, ...count(within) })
  }
  return { rows, summary: count(inRange) }
}
