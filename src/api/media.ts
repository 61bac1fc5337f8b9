// POST /api/media/register: a temporary file with a public address, for providers that fetch what they are given.
import { z } from 'zod'
import type { RecordAudit } from '../audit/audit.ts'
import type { Database } from '../db/database.ts'
import { getActiveDeadline } from '../jobs/active-job.ts'
import { temporaryExpiresAt } from '../jobs/deadlines.ts'
import { type Clock, toIso } from '../lib/clock.ts'
import type { Links } from '../media/links.ts'
import type { MediaObject, MediaObjects } from '../media/media-objects.ts'
import type { Settings } from '../settings/settings.ts'
import type { MediaStore } from '../storage/store.ts'
import { defineEndpoint } from './endpoint.ts'
import { timeSchema } from './parameters.ts'

interface MediaApiDeps {
  db: Pick<Database, 'query'>
  clock: Clock
  mediaObjects: Pick<MediaObjects, 'register'>
  settings: Pick<Settings, 'syncResponseMs'>
  links: Pick<Links, 'mediaObject'>
  audit: { record: RecordAudit }
  store: Pick<MediaStore, 'scratchDir'>
  maxUploadBytes: number
}

const mediaObjectSchema = z
  .object({
    id: z.uuid(),
    public_url: z.url(),
    expires_at: timeSchema,
    mime: z.string(),
    size_bytes: z.int(),
    job_id: z.uuid().nullable(),
  })
  .meta({ id: 'MediaObject' })

export function mediaEndpoints({ db, clock, mediaObjects, settings, links, audit, ...deps }: MediaApiDeps) {
  const toWire = (object: MediaObject) => ({
    id: object.id,
    public_url: links.mediaObject(object.id),
    expires_at: toIso(object.expiresAt),
    mime: object.mime,
    size_bytes: object.sizeBytes,
    job_id: object.jobId ?? null,
  })

  return [
    defineEndpoint({
      id: 'registerMedia',
      method: 'post',
      path: '/api/media/register',
      tag: 'Media',
      summary: 'Put a picture under a public address for a short time',
      description:
        'It is kept for the response window, and with a job no longer than that job. JPEG, PNG, WebP, HEIC or HEIF, ' +
        'judged by its bytes.',
      access: 'slots:write',
      form: { fileField: 'file', maxBytes: deps.maxUploadBytes, scratchDir: deps.store.scratchDir },
      body: z.strictObject({
        job_id: z.uuid().optional().describe('The file goes when this job ends; it must still be active.'),
      }),
      reply: { status: 201, description: 'The media object.', body: mediaObjectSchema },
      errors: ['job_not_found', 'job_already_final', 'unsupported_media_type', 'storage_unavailable'],
      async handle({ body: { job_id: jobId }, file, actor }) {
        const now = clock.now()
        const [windowMs, jobExpiresAt] = await Promise.all([
          settings.syncResponseMs(),
          jobId === undefined ? undefined : getActiveDeadline(db.query, jobId, now),
        ])
        const object = await mediaObjects.register(file.path, {
          ...(jobId !== undefined && { jobId }),
          expiresAt: temporaryExpiresAt(now, windowMs, jobExpiresAt),
          async alongside(tx, { id, mime, sizeBytes, expiresAt }) {
            // It may have ended while the file came in, and then nobody would remove the file with it.
            if (jobId !== undefined) await getActiveDeadline(tx, jobId, clock.now())
            await audit.record(tx, {
              actor: actor.username,
              action: 'media.registered',
              target: id,
              after: { mime, size_bytes: sizeBytes, expires_at: toIso(expiresAt), job_id: jobId ?? null },
            })
          },
        })
        return toWire(object)
      },
    }),
  ]
}
