// GET /api/pictures: the finished pictures that are still kept.
import { z } from 'zod'
import {
  cutPage,
  type Picture,
  type Pictures,
  parsePosition,
  positionPattern,
  toPositionText,
} from '../jobs/pictures.ts'
import { toIso } from '../lib/clock.ts'
import type { Links } from '../media/links.ts'
import { defineEndpoint } from './endpoint.ts'
import { pageSizeParameter, timeParameter, timeSchema } from './parameters.ts'

interface PicturesDeps {
  pictures: Pick<Pictures, 'list' | 'sum'>
  links: Pick<Links, 'result' | 'thumbnail' | 'share' | 'ownShare'>
}

const pictureSchema = z
  .object({
    job_id: z.uuid(),
    slot_id: z.string(),
    is_test: z.boolean().describe('Made by a test of the slot; never shown to guests.'),
    completed_at: timeSchema,
    result_expires_at: timeSchema,
    mime: z.string(),
    size_bytes: z.int(),
    provider_id: z.string().nullable().describe('Whose picture it is.'),
    degraded_reason: z
      .string()
      .nullable()
      .describe('Why the picture is not one of the slot’s own providers.'),
    booth_name: z.string().nullable().describe('The field `name` that the booth has sent.'),
    download_url: z.url(),
    thumbnail_url: z.url(),
    share_url: z.url().describe('The guest’s page.'),
    owner_url: z
      .url()
      .nullable()
      .describe('The same page with the right to delete the picture; only for accounts that may do so.'),
  })
  .meta({ id: 'Picture' })

const slotParameter = z.string().max(100).optional().describe('Only pictures of this slot.')

export function picturesEndpoints({ pictures, links }: PicturesDeps) {
  const toPictureWire = (picture: Picture, mayErase: boolean): z.input<typeof pictureSchema> => ({
    job_id: picture.jobId,
    slot_id: picture.slotId,
    is_test: picture.isTest,
    completed_at: toIso(picture.completedAt),
    result_expires_at: toIso(picture.expiresAt),
    mime: picture.mime,
    size_bytes: picture.sizeBytes,
    provider_id: picture.providerId ?? null,
    degraded_reason: picture.degradedReason ?? null,
    booth_name: picture.boothName ?? null,
    download_url: links.result(picture.jobId),
    thumbnail_url: links.thumbnail(picture.jobId),
    share_url: links.share(picture.jobId),
    owner_url: mayErase ? links.ownShare(picture.jobId) : null,
  })

  return [
    defineEndpoint({
      id: 'listPictures',
      method: 'get',
      path: '/api/pictures',
      tag: 'Media',
      summary: 'Finished pictures that are still kept, newest first',
      description:
        'The next page is asked for with `next` as `before`; pictures that come meanwhile do not move it. ' +
        'Pictures of test runs are among them, and say so.',
      access: 'stats:read',
      query: z.object({
        slot_id: slotParameter,
        before: z
          .string()
          .regex(positionPattern, 'must be the `next` of the page before')
          .optional()
          .describe('The `next` of the page before.'),
        page_size: pageSizeParameter(100, 48),
      }),
      reply: {
        status: 200,
        description: 'One page.',
        body: z.object({ items: z.array(pictureSchema), next: z.string().nullable() }),
      },
      async handle({ query, actor }) {
        const before = parsePosition(query.before)
        const found = await pictures.list(
          { slotId: query.slot_id, withTests: true },
          { before, limit: query.page_size + 1 },
        )
        const { page, next } = cutPage(found, query.page_size)
        const mayErase = actor.permissions.includes('slots:write')
        return {
          items: page.map((picture) => toPictureWire(picture, mayErase)),
          next: next ? toPositionText(next) : null,
        }
      },
    }),

    defineEndpoint({
      id: 'sumPictures',
      method: 'get',
      path: '/api/pictures/summary',
      tag: 'Media',
      summary: 'How many pictures a download would have, and how large it would be',
      description:
        'Without those of test runs, as in the download itself, `/pictures.zip` with the same parameters.',
      access: 'stats:read',
      query: z.object({
        slot_id: slotParameter,
        from: timeParameter.optional().describe('Pictures finished at this moment or later.'),
        to: timeParameter.optional().describe('Pictures finished before this moment.'),
      }),
      reply: {
        status: 200,
        description: 'Their number and their size.',
        body: z.object({ pictures: z.int(), size_bytes: z.int() }),
      },
      async handle({ query: { slot_id: slotId, from, to } }) {
        const sum = await pictures.sum({ slotId, from, to })
        return { pictures: sum.pictures, size_bytes: sum.sizeBytes }
      },
    }),
  ]
}
