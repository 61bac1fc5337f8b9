// POST /api/slots/{id}/test: a photo through a slot, with everything that happened to it.
import { z } from 'zod'
import type { Job } from '../jobs/job.ts'
import type { JobReader } from '../jobs/read-jobs.ts'
import type { Clock } from '../lib/clock.ts'
import { type ImageLimits, inspectImage } from '../media/image.ts'
import type { Links } from '../media/links.ts'
import type { MediaStore } from '../storage/store.ts'
import { defineEndpoint, type UploadedFile } from './endpoint.ts'
import { jobItemSchema, jobSchema, logEntrySchema, toJobItemWire, toLogEntryWire } from './job-wire.ts'
import { slotIdSchema } from './slot-wire.ts'

interface TestPhoto {
  slotId: string
  photo: UploadedFile
  fields: Record<string, unknown>
  by: string
  /** Fires when nobody can wait for the end any more. */
  signal: AbortSignal
}

interface SlotTestDeps {
  /** Takes the photo as that of a booth, out of the statistics, and resolves with the finished job. */
  takeTestPhoto(test: TestPhoto): Promise<Job>
  clock: Clock
  reader: Pick<JobReader, 'log'>
  links: Pick<Links, 'result' | 'thumbnail'>
  limits: ImageLimits
  store: Pick<MediaStore, 'scratchDir' | 'localCopy'>
  maxUploadBytes: number
}

const testRunSchema = z
  .object({
    job: jobSchema,
    metrics: jobItemSchema.shape.metrics,
    processing_log: z.array(logEntrySchema),
    result: z
      .object({
        download_url: z.url(),
        thumbnail_url: z.url(),
        mime: z.string(),
        size_bytes: z.int(),
        width_px: z.int().optional(),
        height_px: z.int().optional(),
      })
      .nullable(),
    error: z
      .object({ code: z.string(), message: z.string() })
      .nullable()
      .describe('Why there is no picture.'),
  })
  .meta({ id: 'TestRun' })

export function slotTestEndpoints(deps: SlotTestDeps) {
  const { clock, reader, links, store } = deps

  async function toResultWire({ id, result }: Job) {
    if (!result) return null
    return {
      download_url: links.result(id),
      thumbnail_url: links.thumbnail(id),
      mime: result.mime,
      size_bytes: result.sizeBytes,
      ...(await measure(result.path)),
    }
  }

  /** Nothing when the picture has been removed meanwhile. */
  async function measure(key: string) {
    const copy = await store.localCopy(key)
    if (!copy) return {}
    try {
      const { widthPx, heightPx } = await inspectImage(copy.path, deps.limits)
      return { width_px: widthPx, height_px: heightPx }
    } finally {
      await copy.release()
    }
  }

  return [
    defineEndpoint({
      id: 'testSlot',
      method: 'post',
      path: '/api/slots/{id}/test',
      tag: 'Slots',
      summary: 'Send a photo through a slot and see what happens to it',
      description:
        'The way of a booth’s photo, at the cost of one, but out of the statistics. Answers when the job is finished, also ' +
        'where it has failed. Other text fields are kept with the job as those of a booth are.',
      access: 'slots:write',
      params: z.object({ id: slotIdSchema }),
      form: { fileField: 'fileToUpload', maxBytes: deps.maxUploadBytes, scratchDir: store.scratchDir },
      body: z.looseObject({}),
      reply: { status: 200, description: 'The finished job.', body: testRunSchema },
      errors: [
        'slot_not_found',
        'unsupported_media_type',
        'queue_busy',
        'queue_unavailable',
        'storage_unavailable',
      ],
      async handle({ params: { id }, body, file, actor, stopping }) {
        const job = await deps.takeTestPhoto({
          slotId: id,
          photo: file,
          fields: body,
          by: actor.username,
          signal: stopping,
        })
        const [log, result] = await Promise.all([reader.log(job.id), toResultWire(job)])
        const claimedAt = log.find(({ event }) => event === 'dispatched')?.occurredAt
        const item = toJobItemWire(job, { now: clock.now(), claimedAt })
        return {
          job: item.job,
          metrics: item.metrics,
          processing_log: log.map(toLogEntryWire),
          result,
          error: result ? null : toProblem(job),
        }
      },
    }),
  ]
}

const toProblem = ({ errorCode, errorDetail }: Job) => ({
  code: errorCode ?? 'provider_error',
  message: errorDetail ?? 'The picture could not be made.',
})
