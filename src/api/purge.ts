// Purges on request: what has expired goes now, in the background.
import { z } from 'zod'
import { toIso } from '../lib/clock.ts'
import { defineEndpoint } from './endpoint.ts'
import { timeSchema, toTime } from './parameters.ts'

const scopeSchema = z.enum(['full', 'media_objects'])

interface SweepFigures {
  expiredResults: number
  expiredMediaObjects: number
  orphanFiles: number
  overdueJobs: number
  forgottenJobs: number
  files: number
  bytes: number
}

interface PurgeRun {
  id: string
  scope: z.infer<typeof scopeSchema>
  status: 'queued' | 'running' | 'done' | 'failed'
  requestedBy: string
  requestedAt: number
  startedAt: number | undefined
  finishedAt: number | undefined
  done: number
  report: SweepFigures
  error: string | undefined
}

interface PurgeDeps {
  purgeRuns: {
    request(scope: PurgeRun['scope'], by: string): Promise<PurgeRun>
    /** @throws AppError purge_not_found */
    get(id: string): Promise<PurgeRun>
  }
}

const reportSchema = z
  .object({
    expired_results: z.int(),
    expired_media_objects: z.int(),
    orphan_files: z.int(),
    overdue_jobs: z.int(),
    forgotten_jobs: z.int(),
    files: z.int(),
    bytes: z.int(),
  })
  .meta({ id: 'PurgeReport' })

export function toPurgeReportWire(report: SweepFigures): z.input<typeof reportSchema> {
  return {
    expired_results: report.expiredResults,
    expired_media_objects: report.expiredMediaObjects,
    orphan_files: report.orphanFiles,
    overdue_jobs: report.overdueJobs,
    forgotten_jobs: report.forgottenJobs,
    files: report.files,
    bytes: report.bytes,
  }
}

export function purgeEndpoints({ purgeRuns }: PurgeDeps) {
  return [
    defineEndpoint({
      id: 'requestPurge',
      method: 'post',
      path: '/api/media/cache/purge',
      tag: 'Media',
      summary: 'Remove what has expired, now',
      description:
        'Expired temporary files and files that nothing names; with `full` expired results too. ' +
        'It runs in the background, and on in another process where this one dies. Nothing is removed early.',
      access: 'settings:write',
      body: z.strictObject({ scope: scopeSchema }),
      reply: {
        status: 202,
        description: 'It is remembered and will run.',
        body: z.object({
          status: z.literal('queued_for_gc'),
          scope: scopeSchema,
          job_id: z.uuid(),
          expires_cutoff: timeSchema.describe('What has expired by then is removed.'),
        }),
      },
      async handle({ body: { scope }, actor }) {
        const { id, requestedAt } = await purgeRuns.request(scope, actor.username)
        return { status: 'queued_for_gc' as const, scope, job_id: id, expires_cutoff: toIso(requestedAt) }
      },
    }),

    defineEndpoint({
      id: 'getPurge',
      method: 'get',
      path: '/api/media/cache/purge/{job_id}',
      tag: 'Media',
      summary: 'How far a purge has come, and what it has removed',
      description: 'Purges are kept for 30 days.',
      access: 'settings:read',
      params: z.object({ job_id: z.uuid() }),
      reply: {
        status: 200,
        description: 'The purge.',
        body: z
          .object({
            job_id: z.uuid(),
            scope: scopeSchema,
            status: z.enum(['queued', 'running', 'done', 'failed']),
            requested_by: z.string(),
            requested_at: timeSchema,
            started_at: timeSchema.nullable(),
            finished_at: timeSchema.nullable(),
            done: z.int().describe('Pieces of work so far.'),
            report: reportSchema.describe('So far.'),
            error: z.string().nullable(),
          })
          .meta({ id: 'PurgeRun' }),
      },
      errors: ['purge_not_found'],
      async handle({ params }) {
        const run = await purgeRuns.get(params.job_id)
        return {
          job_id: run.id,
          scope: run.scope,
          status: run.status,
          requested_by: run.requestedBy,
          requested_at: toIso(run.requestedAt),
          started_at: toTime(run.startedAt),
          finished_at: toTime(run.finishedAt),
          done: run.done,
          report: toPurgeReportWire(run.report),
          error: run.error ?? null,
        }
      },
    }),
  ]
}
