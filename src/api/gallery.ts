// Pictures for everybody in the room: the public gallery's switch, and links to a slideshow.
import { z } from 'zod'
import type { Audit } from '../audit/audit.ts'
import type { Database } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { type Clock, toIso } from '../lib/clock.ts'
import type { SlideshowLinks } from '../media/slideshow-links.ts'
import type { Gallery } from '../settings/gallery.ts'
import type { Slots } from '../slots/slots.ts'
import { defineEndpoint } from './endpoint.ts'
import { timeSchema, toTime } from './parameters.ts'

interface GalleryDeps {
  db: Pick<Database, 'write'>
  clock: Clock
  gallery: Gallery
  slideshowLinks: Pick<SlideshowLinks, 'toUrl'>
  slots: Pick<Slots, 'list'>
  audit: Pick<Audit, 'record'>
  publicUrl(): string
}

const gallerySchema = z
  .object({
    is_open: z.boolean(),
    open_until: timeSchema.nullable(),
    slot_id: z.string().nullable().describe('Null: pictures of all slots.'),
    url: z.url(),
  })
  .meta({ id: 'Gallery' })

const wholeNumber = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`
  return z.int(error).min(min, error).max(max, error)
}

const slotField = z.string().nullable().optional().describe('Only pictures of this slot; by default of all.')

export function galleryEndpoints(deps: GalleryDeps) {
  const { db, clock, gallery, slideshowLinks, slots, audit, publicUrl } = deps

  async function readGallery(): Promise<z.input<typeof gallerySchema>> {
    const open = await gallery.find()
    return {
      is_open: open !== undefined,
      open_until: toTime(open?.openUntil),
      slot_id: open?.slotId ?? null,
      url: `${publicUrl()}/gallery`,
    }
  }

  async function assertSlot(slotId: string | undefined): Promise<void> {
    if (slotId === undefined || (await slots.list()).some(({ id }) => id === slotId)) return
    throw new AppError('invalid_request', {
      message: `Not valid: slot_id: there is no slot "${slotId}"`,
      details: { fields: [{ field: 'slot_id', message: 'is not the id of a slot' }] },
    })
  }

  return [
    defineEndpoint({
      id: 'getGallery',
      method: 'get',
      path: '/api/gallery',
      tag: 'Media',
      summary: 'Whether the public gallery is open, and until when',
      access: 'stats:read',
      reply: { status: 200, description: 'Its state.', body: gallerySchema },
      handle: readGallery,
    }),

    defineEndpoint({
      id: 'openGallery',
      method: 'put',
      path: '/api/gallery',
      tag: 'Media',
      summary: 'Open the public gallery for a while, or close it',
      description:
        'While it is open, everybody who knows its address sees the pictures of all guests. It closes by itself.',
      access: 'settings:write',
      body: z.strictObject({
        minutes: wholeNumber(0, 1440).describe('From now on; 0 closes it at once.'),
        slot_id: slotField,
      }),
      reply: { status: 200, description: 'Its state afterwards.', body: gallerySchema },
      async handle({ body: { minutes, slot_id }, actor }) {
        const slotId = slot_id ?? undefined
        await assertSlot(slotId)
        await gallery.open({ minutes, slotId }, actor.username)
        return readGallery()
      },
    }),

    defineEndpoint({
      id: 'createSlideshowLink',
      method: 'post',
      path: '/api/slideshow-links',
      tag: 'Media',
      summary: 'Make a link to a slideshow of the newest pictures',
      description:
        'For a second screen at the venue: whoever has the link watches without logging in, until it ends. ' +
        'It cannot be called back before.',
      access: 'slots:write',
      body: z.strictObject({ slot_id: slotField, hours: wholeNumber(1, 72).describe('How long it works.') }),
      reply: {
        status: 201,
        description: 'The link.',
        body: z.object({ url: z.url(), expires_at: timeSchema }),
      },
      async handle({ body: { slot_id, hours }, actor }) {
        const slotId = slot_id ?? undefined
        await assertSlot(slotId)
        const expiresAt = clock.now() + hours * 3_600_000
        await db.write((tx) =>
          audit.record(tx, {
            actor: actor.username,
            action: 'slideshow.linked',
            target: slotId ?? 'all slots',
            after: { expires_at: toIso(expiresAt) },
          }),
        )
        return { url: slideshowLinks.toUrl({ slotId, expiresAt }), expires_at: toIso(expiresAt) }
      },
    }),
  ]
}
