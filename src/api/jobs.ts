// Jobs: looking at the queue and at what has become of its jobs, cancelling, erasing what belongs to guests.
import { z } from 'zod'
import type { Audit } from '../audit/audit.ts'
import { AppError } from '../errors.ts'
import type { Finalizer } from '../jobs/finalize.ts'
import { jobSortKeys, maxOffset } from '../jobs/list-jobs.ts'
import type { JobReader } from '../jobs/read-jobs.ts'
import type { Clock } from '../lib/clock.ts'
import type { Links } from '../media/links.ts'
import { defineEndpoint } from './endpoint.ts'
import {
  jobDetailSchema,
  jobItemSchema,
  jobSchema,
  toJobDetailWire,
  toJobItemWire,
  toJobWire,
} from './job-wire.ts'
import { flagParameter, pageParameter, pageSizeParameter, sortOrderParameter } from './parameters.ts'

interface JobsDeps {
  reader: Pick<JobReader, 'get' | 'log' | 'listPage'>
  finalizer: Pick<Finalizer, 'cancel'>
  audit: Pick<Audit, 'record'>
  links: Pick<Links, 'result' | 'thumbnail' | 'deletion'>
  clock: Clock
  eraser: { eraseJob(jobId: string, by: string): Promise<unknown> }
}

const params = z.object({ id: z.uuid() })

export function jobsEndpoints({ reader, finalizer, audit, links, clock, eraser }: JobsDeps) {
  return [
    defineEndpoint({
      id: 'listJobs',
      method: 'get',
      path: '/api/jobs',
      tag: 'Jobs',
      summary: 'Jobs, page by page',
      description:
        `Filters are combined. A page may begin within the first ${maxOffset} jobs of its list; ` +
        'older ones are reached by narrowing the filter or turning the order round. ' +
        '`total` counts all jobs that fit, tests of slots included.',
      access: 'stats:read',
      query: z.object({
        status: z.enum(['pending', 'processing', 'succeeded', 'failed']).optional(),
        is_finalized: flagParameter.optional(),
        failure_reason: z.enum(['timeout', 'provider_error', 'cancelled']).optional(),
        slot_id: z.string().max(100).optional().meta({ example: 'slot-001' }),
        page: pageParameter,
        page_size: pageSizeParameter(100, 20),
        sort_by: z.enum(jobSortKeys).default('created_at'),
        sort_order: sortOrderParameter,
      }),
      reply: {
        status: 200,
        description: 'One page.',
        body: z.object({
          items: z.array(jobItemSchema),
          meta: z.object({ page: z.int(), page_size: z.int(), total: z.int() }),
        }),
      },
      async handle({ query }) {
        const filter = {
          status: query.status,
          isFinalized: query.is_finalized,
          failureReason: query.failure_reason,
          slotId: query.slot_id,
        }
        const { jobs, total } = await reader.listPage(filter, {
          page: query.page,
          pageSize: query.page_size,
          sortBy: query.sort_by,
          sortOrder: query.sort_order,
        })
        const now = clock.now()
        return {
          items: jobs.map((job) => toJobItemWire(job, { now, claimedAt: job.claimedAt })),
          meta: { page: query.page, page_size: query.page_size, total },
        }
      },
    }),

    defineEndpoint({
      id: 'getJob',
      method: 'get',
      path: '/api/jobs/{id}',
      tag: 'Jobs',
      summary: 'One job with everything that happened to it',
      access: 'stats:read',
      params,
      reply: { status: 200, description: 'The job.', body: jobDetailSchema },
      errors: ['job_not_found'],
      async handle({ params: { id }, actor }) {
        const job = await reader.get(id)
        const entries = await reader.log(id)
        const mayErase = actor.permissions.includes('slots:write')
        return toJobDetailWire(job, { entries, now: clock.now(), links, mayErase })
      },
    }),

    defineEndpoint({
      id: 'cancelJob',
      method: 'post',
      path: '/api/jobs/{id}/cancel',
      tag: 'Jobs',
      summary: 'End a job that waits or runs',
      description: 'Its booth is answered 503, and a call of a provider that runs for it is aborted.',
      access: 'slots:write',
      params,
      reply: { status: 200, description: 'The job, which is final now.', body: jobSchema },
      errors: ['job_not_found', 'job_already_final'],
      async handle({ params: { id }, actor }) {
        await reader.get(id)
        const cancelled = await finalizer.cancel(id, actor.username, (tx) =>
          audit.record(tx, { actor: actor.username, action: 'job.cancelled', target: id }),
        )
        if (!cancelled) throw new AppError('job_already_final', { details: { job_id: id } })
        return toJobWire(cancelled)
      },
    }),

    defineEndpoint({
      id: 'eraseJobResult',
      method: 'delete',
      path: '/api/jobs/{id}/result',
      tag: 'Jobs',
      summary: 'Erase a job’s pictures and personal texts',
      description:
        'Picture, preview, photo, temporary files, the booth’s own fields and texts of errors go; ' +
        'the job itself stays for the statistics, and its public link answers 410. An active job is cancelled.',
      access: 'slots:write',
      params,
      reply: { status: 204, description: 'Nothing is left of them.' },
      errors: ['job_not_found', 'result_expired'],
      async handle({ params: { id }, actor }) {
        const job = await reader.get(id)
        if (job.erasedAt !== undefined)
          throw new AppError('result_expired', { message: 'The picture has been erased already.' })
        await eraser.eraseJob(id, actor.username)
      },
    }),
  ]
}
