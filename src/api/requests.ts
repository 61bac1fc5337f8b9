// What the newest requests of booths looked like, for whoever sets one up.
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { hintCodes } from '../inspector/hints.ts'
import type { IngestRequest, Inspector } from '../inspector/inspector.ts'
import { outcomes } from '../inspector/report.ts'
import { toIso } from '../lib/clock.ts'
import { defineEndpoint } from './endpoint.ts'
import { pageSizeParameter, timeSchema } from './parameters.ts'

const itemSchema = z
  .object({
    id: z.uuid(),
    at: timeSchema,
    slot_id: z.string().describe('As it stood in the address; there may be no such slot.'),
    address: z.string().describe('Where the request came from.'),
    outcome: z.enum(outcomes),
    status: z.int().describe('Of the answer; 499 for a client that went away before it was complete.'),
    error_code: z.string().nullable(),
    message: z.string().nullable(),
    job_id: z.uuid().nullable(),
    duration_ms: z.int().describe('Until the answer was sent, or the client was gone.'),
    upload_ms: z.int().nullable().describe('Of that, until the body was there; null where it was not read.'),
    photo: z.object({
      size_bytes: z.int().nullable(),
      detected_mime: z.string().nullable().describe('By its own bytes; null where nobody has looked.'),
      width_px: z.int().nullable(),
      height_px: z.int().nullable(),
    }),
    hints: z
      .array(
        z.object({
          code: z.enum(hintCodes),
          parameters: z.record(z.string(), z.union([z.string(), z.number()])),
        }),
      )
      .describe('What to look at, the causes first.'),
  })
  .meta({ id: 'IngestRequestItem' })

const shownTextSchema = z
  .object({
    name: z.string(),
    value: z.string().nullable().describe('Cut at 500 characters; null where it is not shown.'),
    length: z.int().describe('Of the whole text.'),
    hidden: z.enum(['secret', 'binary']).nullable().describe('Why the value is not shown.'),
  })
  .meta({ id: 'ShownText' })

const detailSchema = itemSchema
  .extend({
    headers: z.array(shownTextSchema),
    query: z.array(shownTextSchema),
    fields: z.array(shownTextSchema).describe('The texts of the form, as far as it was read.'),
    omitted: z.object({ headers: z.int(), fields: z.int() }).describe('How many more there were.'),
    password: z.object({
      state: z.enum(['right', 'wrong', 'unchecked', 'missing', 'unread']),
      length: z.int(),
    }),
    files: z.array(z.object({ field: z.string(), file_name: z.string(), declared_mime: z.string() })),
    content_type: z.string().nullable(),
    content_length: z.int().nullable(),
    expects_continue: z.boolean().describe('It came with `Expect: 100-continue`.'),
    is_body_read: z.boolean().describe('False for a request that was refused by its headers alone.'),
    window_ms: z.int().nullable().describe('Of its job.'),
  })
  .meta({ id: 'IngestRequest' })

interface RequestsDeps {
  inspector: Pick<Inspector, 'list' | 'find'>
}

export function requestsEndpoints({ inspector }: RequestsDeps) {
  return [
    defineEndpoint({
      id: 'listIngestRequests',
      method: 'get',
      path: '/api/requests',
      tag: 'Booth',
      summary: 'The newest requests of booths, newest first',
      description:
        'The last 200 of at most 72 hours, also those that were refused. They hold no pictures and no secrets. ' +
        'The next page is asked for with `next` as `before`.',
      access: 'stats:read',
      query: z.object({
        outcome: z.enum(outcomes).optional(),
        slot_id: z.string().max(100).optional().describe('Only requests whose address names this slot.'),
        before: z.uuid().optional().describe('Only requests older than the one with this id.'),
        page_size: pageSizeParameter(100, 50),
      }),
      reply: {
        status: 200,
        description: 'One page.',
        body: z.object({ items: z.array(itemSchema), next: z.uuid().nullable() }),
      },
      async handle({ query: { outcome, slot_id: slotId, before, page_size: pageSize } }) {
        const found = await inspector.list({ outcome, slotId, before }, pageSize + 1)
        const page = found.slice(0, pageSize)
        return {
          items: page.map(toItemWire),
          next: found.length > pageSize ? (page.at(-1)?.id ?? null) : null,
        }
      },
    }),

    defineEndpoint({
      id: 'getIngestRequest',
      method: 'get',
      path: '/api/requests/{id}',
      tag: 'Booth',
      summary: 'One request of a booth with its headers and fields',
      access: 'stats:read',
      params: z.object({ id: z.uuid() }),
      reply: { status: 200, description: 'The request.', body: detailSchema },
      errors: ['not_found'],
      async handle({ params: { id } }) {
        const request = await inspector.find(id)
        if (!request)
          throw new AppError('not_found', {
            message: 'There is no such request, or it is not kept any more.',
          })
        return toDetailWire(request)
      },
    }),
  ]
}

const toItemWire = (request: IngestRequest): z.input<typeof itemSchema> => ({
  id: request.id,
  at: toIso(request.at),
  slot_id: request.slotId,
  address: request.address,
  outcome: request.outcome,
  status: request.status,
  error_code: request.errorCode,
  message: request.message,
  job_id: request.jobId ?? null,
  duration_ms: request.durationMs,
  upload_ms: request.uploadMs,
  photo: {
    size_bytes: request.photo.sizeBytes,
    detected_mime: request.photo.detectedMime,
    width_px: request.photo.widthPx,
    height_px: request.photo.heightPx,
  },
  hints: request.hints,
})

export const toDetailWire = (request: IngestRequest): z.input<typeof detailSchema> => ({
  ...toItemWire(request),
  headers: request.headers,
  query: request.query,
  fields: request.fields,
  omitted: request.omitted,
  password: request.password,
  files: request.files.map(({ field, fileName, declaredMime }) => ({
    field,
    file_name: fileName,
    declared_mime: declaredMime,
  })),
  content_type: request.contentType,
  content_length: request.contentLength,
  expects_continue: request.expectsContinue,
  is_body_read: request.isBodyRead,
  window_ms: request.windowMs,
})
