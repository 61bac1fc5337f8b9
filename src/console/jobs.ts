// /jobs and /jobs/{id}: what waits and runs, what has become of the rest, and the story of one of them.
import { z } from 'zod'
import type { Job } from '../jobs/job.ts'
import { jobSortKeys, maxOffset } from '../jobs/list-jobs.ts'
import type { JobReader } from '../jobs/read-jobs.ts'
import type { Clock } from '../lib/clock.ts'
import { optionalChoice } from './choices.ts'
import { figuresOf } from './figures.ts'
import { toTimeline } from './job-timeline.ts'
import { definePage, type Page } from './page.ts'
import type { Translate } from './texts.ts'
import { wordsOr } from './words.ts'

export interface JobsPageDeps {
  reader: Pick<JobReader, 'get' | 'log' | 'listPage'>
  slots: { list(): Promise<{ id: string; name: string }[]> }
  clock: Clock
}

const pageSize = 25
const lastPage = Math.floor(maxOffset / pageSize) + 1

const query = z.object({
  status: optionalChoice(['pending', 'processing', 'succeeded', 'failed']),
  reason: optionalChoice(['timeout', 'provider_error', 'cancelled']),
  slot: z.string().max(100).optional(),
  active: optionalChoice(['true']),
  page: z.coerce.number().int().min(1).max(lastPage).catch(1),
})

export function jobsPages({ reader, slots, clock }: JobsPageDeps): Page[] {
  return [
    definePage({
      path: '/jobs',
      access: 'stats:read',
      query,
      async show({ query: { status, reason, slot, active, page }, language }) {
        const all = (await slots.list()).map(({ id, name }) => ({ id, name }))
        const slotId = all.find(({ id }) => id === slot)?.id
        const filter = { status, reason, slot: slotId, active }
        const found = await reader.listPage(
          { status, failureReason: reason, slotId, ...(active && { isFinalized: false }) },
          { page, pageSize, sortBy: jobSortKeys[0], sortOrder: 'desc' },
        )
        const pages = Math.min(lastPage, Math.max(1, Math.ceil(found.total / pageSize)))
        const now = clock.now()
        return {
          template: 'jobs',
          title: 'jobs.title',
          styles: ['jobs.css'],
          scripts: ['jobs.js'],
          data: {
            slots: all,
            figure: figuresOf(language),
            filter,
            isFiltered: Object.values(filter).some((value) => value !== undefined),
            jobs: found.jobs.map((job) => toRow(job, now)),
            total: found.total,
            page,
            pages,
            newer: page > 1 ? toAddress({ ...filter, page: Math.min(page - 1, pages) }) : undefined,
            older: page < pages ? toAddress({ ...filter, page: page + 1 }) : undefined,
          },
        }
      },
    }),

    definePage({
      path: '/jobs/:id',
      access: 'stats:read',
      async show({ params, t, language }) {
        const job = await reader.get(params.id ?? '')
        const entries = await reader.log(job.id)
        const now = clock.now()
        return {
          template: 'job',
          title: 'job.title',
          styles: ['jobs.css', 'job.css'],
          scripts: ['job.js'],
          data: {
            job: { ...toRow(job, now), ...toFacts(job) },
            figure: figuresOf(language),
            failure: toFailure(job, t),
            fields: Object.entries(job.fields).map(([name, value]) => ({ name, value: toText(value) })),
            timeline: toTimeline(job, entries, now, t),
          },
        }
      },
    }),
  ]
}

/** How the job stands, as one word of the catalogue: `jobs.state.…`. */
function toState(job: Job): { key: string; kind: '' | 'good' | 'warn' | 'bad' } {
  if (job.status === 'pending') return { key: 'pending', kind: '' }
  if (job.status === 'processing') return { key: 'processing', kind: '' }
  if (job.status === 'succeeded')
    return job.degradedReason === undefined
      ? { key: 'succeeded', kind: 'good' }
      : { key: 'degraded', kind: 'warn' }
  return {
    key: job.failureReason ?? 'provider_error',
    kind: job.failureReason === 'cancelled' ? 'warn' : 'bad',
  }
}

function toRow(job: Job, now: number) {
  const end = job.finalizedAt
  const isKept = job.result !== undefined && (job.resultExpiresAt ?? 0) > now
  const seconds = (from: number | undefined, to: number | undefined) =>
    from === undefined || to === undefined ? undefined : Math.max(0, to - from) / 1000
  return {
    id: job.id,
    slotId: job.slotId,
    slotName: job.slot.name,
    boothName: typeof job.fields.name === 'string' ? job.fields.name : undefined,
    state: toState(job),
    isActive: !job.isFinalized,
    isTest: job.isTest,
    isKept,
    createdAt: job.createdAt,
    claimedAt: job.claimedAt,
    expiresAt: job.expiresAt,
    windowSec: (job.expiresAt - job.createdAt) / 1000,
    waitedSec: seconds(job.createdAt, job.claimedAt ?? end),
    workedSec: seconds(job.claimedAt, end),
    totalSec: seconds(job.createdAt, end),
    providerId: job.providerId ?? job.slot.providerId,
    costUsd: job.costMicroUsd / 1_000_000,
  }
}

const toFacts = (job: Job) => ({
  version: job.slot.version,
  operationId: job.slot.operationId,
  degradedReason: job.degradedReason,
  attempt: job.attempt,
  payload: job.payload,
  result: job.result,
  resultExpiresAt: job.resultExpiresAt,
  finalizedAt: job.finalizedAt,
  erasedAt: job.erasedAt,
  reference: job.providerJobReference,
})

/** What has gone wrong, and what to do: also for a picture that is a substitute. */
function toFailure(job: Job, t: Translate) {
  const code = job.status === 'failed' ? (job.errorCode ?? 'internal_error') : job.degradedReason
  if (code === undefined) return undefined
  return {
    code,
    isDegraded: job.status !== 'failed',
    words: wordsOr(t, `jobs.code.${code}`, code),
    advice: wordsOr(t, `jobs.advice.${code}`, t('jobs.advice.other')),
    detail: job.errorDetail,
  }
}

const toText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

function toAddress(parameters: Record<string, string | number | undefined>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined || value === 1 ? [] : [[name, String(value)] as [string, string]],
  )
  return given.length === 0 ? '/jobs' : `/jobs?${new URLSearchParams(given)}`
}
