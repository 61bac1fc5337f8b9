// Pictures of many guests: the public gallery, the slideshow for a second screen, and the download of all.
import Router from '@koa/router'
import type { Context } from 'koa'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { z } from 'zod'
import type { Permission } from '../accounts/permissions.ts'
import { AppError } from '../errors.ts'
import { type GuestPageMaker, sendGuestPage } from '../http/guest-page.ts'
import { cutPage, type Pictures, parsePosition, toPositionText } from '../jobs/pictures.ts'
import { type Clock, toIso } from '../lib/clock.ts'
import type { Slideshow, SlideshowLinks } from '../media/slideshow-links.ts'
import type { OpenGallery } from '../settings/gallery.ts'
import type { MediaStore } from '../storage/store.ts'
import { openArchive } from './archive.ts'

interface GalleryDeps {
  pictures: Pictures
  gallery: { find(): Promise<OpenGallery | undefined> }
  slideshowLinks: Pick<SlideshowLinks, 'read'>
  store: Pick<MediaStore, 'read'>
  clock: Clock
  pages: GuestPageMaker
  sessions: {
    authenticate(credentials: {
      authorization: string
      session: string | undefined
      csrfToken: string
      isReading: boolean
    }): Promise<{ username: string; permissions: readonly Permission[] }>
  }
  sessionCookie: string
}

const galleryPageSize = 48
const slideshowSize = 60
/** Pages of the gallery for one address in one minute; a venue's guests may share an address. */
const pagesPerMinute = 120

const archiveQuery = z.object({
  slot: z.string().max(100).optional(),
  from: z.coerce.date().optional(),
  to: z.coerce.date().optional(),
  time_zone: z.string().refine(isTimeZone).default('UTC').catch('UTC'),
})

function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return true
  } catch {
    return false // Intl knows no other way to ask.
  }
}

export function galleryRoutes(deps: GalleryDeps): Router {
  const { pictures, gallery, slideshowLinks, store, clock, pages, sessions, sessionCookie } = deps
  const router = new Router()
  const limiter = new RateLimiterMemory({ points: pagesPerMinute, duration: 60 })

  router.get('/gallery', async (ctx) => {
    const waitSec = await takeTurn(ctx.ip)
    if (waitSec !== undefined) {
      ctx.set('Retry-After', String(waitSec))
      return sendMessage(ctx, 'gallery.busy', 429)
    }
    const open = await gallery.find()
    if (!open) return sendMessage(ctx, 'gallery.closed', 404)
    const before = parsePosition(ctx.query.before)
    const found = await pictures.list({ slotId: open.slotId }, { before, limit: galleryPageSize + 1 })
    const { page, next } = cutPage(found, galleryPageSize)
    await sendGuestPage(ctx, pages, {
      template: 'public-gallery',
      title: 'gallery.title',
      data: {
        pictures: page.map(({ jobId, completedAt }) => ({ jobId, completedAt })),
        next: next && toPositionText(next),
        isFirstPage: before === undefined,
        openUntil: open.openUntil,
      },
    })
  })

  router.get('/slideshow/:token', async (ctx) => {
    const slideshow = findSlideshow(ctx)
    if (typeof slideshow === 'string') {
      return sendMessage(ctx, `slideshow.${slideshow}`, slideshow === 'expired' ? 410 : 404)
    }
    await sendGuestPage(ctx, pages, {
      template: 'slideshow',
      title: 'slideshow.title',
      data: { token: ctx.params.token },
    })
  })

  router.get('/slideshow/:token/pictures', async (ctx) => {
    const slideshow = findSlideshow(ctx)
    if (typeof slideshow === 'string')
      throw new AppError(slideshow === 'expired' ? 'result_expired' : 'not_found', {
        message: 'This slideshow has ended.',
      })
    const newest = await pictures.list({ slotId: slideshow.slotId }, { limit: slideshowSize })
    ctx.set('Cache-Control', 'no-store')
    ctx.body = {
      // Formats that browsers show; a slot that answers with the phone's own HEIC has no place on a screen.
      pictures: newest
        .filter(({ mime }) => mime !== 'image/heic' && mime !== 'image/heif')
        .map(({ jobId }) => jobId),
      expires_at: toIso(slideshow.expiresAt),
    }
  })

  router.get('/pictures.zip', async (ctx) => {
    const actor = await sessions
      .authenticate({
        authorization: ctx.get('authorization'),
        session: ctx.cookies.get(sessionCookie),
        csrfToken: '',
        isReading: true,
      })
      .catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'invalid_token' && ctx.accepts('html'))
          return undefined
        throw error
      })
    if (!actor) return ctx.redirect('/login?next=/pictures')
    ctx.state.log = { actor: actor.username }
    if (!actor.permissions.includes('stats:read')) throw new AppError('forbidden')
    const query = archiveQuery.safeParse({ ...ctx.query })
    if (!query.success) {
      const fields = query.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }))
      throw new AppError('invalid_request', { details: { fields } })
    }
    const { slot: slotId, from, to, time_zone: timeZone } = query.data
    const filter = { slotId, from: from?.getTime(), to: to?.getTime() }
    ctx.attachment(`pictures-${slotId ?? 'all'}-${toIso(clock.now()).slice(0, 10)}.zip`)
    ctx.type = 'application/zip'
    ctx.set('Cache-Control', 'no-store')
    ctx.body = openArchive({ pictures, store }, filter, timeZone)
  })

  /** Seconds to wait, for an address that has asked too often. */
  async function takeTurn(address: string): Promise<number | undefined> {
    try {
      await limiter.consume(address)
      return undefined
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return Math.ceil(refusal.msBeforeNext / 1000)
      throw refusal
    }
  }

  function findSlideshow(ctx: Context): Slideshow | 'expired' | 'unknown' {
    const slideshow = slideshowLinks.read(ctx.params.token ?? '')
    if (!slideshow) return 'unknown'
    return slideshow.expiresAt > clock.now() ? slideshow : 'expired'
  }

  const sendMessage = (ctx: Context, text: string, status: number) =>
    sendGuestPage(ctx, pages, {
      template: 'guest-message',
      title: `${text}.title`,
      status,
      data: { heading: `${text}.title`, words: `${text}.words` },
    })

  return router
}
