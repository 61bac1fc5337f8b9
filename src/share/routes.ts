// The guest's page of one picture, and all that it loads: everything lies under /r/, so that this is all of the server
// that guests must be able to reach.
import { fileURLToPath } from 'node:url'
import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { sendAsset } from '../http/assets.ts'
import { type GuestPageMaker, sendGuestPage, toEventStyle } from '../http/guest-page.ts'
import { redirectToStore } from '../http/redirect-to-store.ts'
import { sendFile } from '../http/send-file.ts'
import type { Job, StoredResult } from '../jobs/job.ts'
import type { JobReader } from '../jobs/read-jobs.ts'
import type { Clock } from '../lib/clock.ts'
import { extensionOf, thumbnailKey } from '../media/keys.ts'
import type { Links } from '../media/links.ts'
import type { Results } from '../media/results.ts'
import type { MediaStore } from '../storage/store.ts'
import { drawQr } from './qr.ts'
import { shareStateOf, statusOfState } from './state.ts'

interface ShareDeps {
  reader: Pick<JobReader, 'find'>
  results: Pick<Results, 'ensureThumbnail'>
  links: Pick<Links, 'share' | 'ownShare' | 'isDeletionToken'>
  store: MediaStore
  clock: Clock
  eraser: { eraseJob(jobId: string, by: string): Promise<unknown> }
  pages: GuestPageMaker
}

const assetsFolder = fileURLToPath(new URL('../../templates/assets/', import.meta.url))
const assets = [
  'guest.css',
  'share.css',
  'share.js',
  'gallery.css',
  'gallery.js',
  'slideshow.css',
  'slideshow.js',
  'icon.svg',
]

/** Keeps the right to delete in the browser that has shown it once, for reloads and for the way back. */
const ownerCookie = 'photochanger_owner'

const qrQuery = z.object({
  format: z.enum(['png', 'svg'], 'must be png or svg').default('png'),
  size: z.coerce.number().int().min(64).max(1024).default(480),
})

export function shareRoutes({ reader, results, links, store, clock, eraser, pages }: ShareDeps): Router {
  const router = new Router({ prefix: '/r' })

  router.get('/assets/:file', async (ctx) => {
    const file = assets.find((name) => name === ctx.params.file)
    if (file === undefined) throw new AppError('not_found')
    await sendAsset(ctx, `${assetsFolder}${file}`)
  })

  router.get('/event.css', async (ctx) => {
    ctx.set('Cache-Control', 'no-cache')
    ctx.type = 'css'
    ctx.body = toEventStyle(await pages.readEvent())
  })

  router.get('/:jobId', async (ctx) => {
    const { jobId = '' } = ctx.params
    const job = await reader.find(jobId)
    const now = clock.now()
    const state = shareStateOf(job, now)
    const ownerToken = job && state !== 'erased' ? findOwnerToken(ctx, jobId) : undefined
    if (ownerToken) keepOwnerToken(ctx, jobId, ownerToken)
    await sendGuestPage(ctx, pages, {
      template: 'share',
      title: `share.title.${state}`,
      status: statusOfState[state],
      data: {
        state,
        jobId,
        shareUrl: links.share(jobId),
        leftMs: job ? Math.max(0, job.expiresAt - now) : 0,
        expiresAt: job?.resultExpiresAt,
        isShowable: job?.result ? /^image\/(jpeg|png|webp)$/.test(job.result.mime) : false,
        ownerToken,
      },
    })
  })

  router.get('/:jobId/state', async (ctx) => {
    const job = await reader.find(ctx.params.jobId ?? '')
    ctx.set('Cache-Control', 'no-store')
    ctx.body = { state: shareStateOf(job, clock.now()) }
  })

  router.get('/:jobId/picture', async (ctx) => {
    const { job, result } = await getReady(ctx.params.jobId ?? '')
    setPrivate(ctx)
    const file = {
      mime: result.mime,
      fileName: `photo-${job.id.slice(-8)}.${extensionOf(result.mime)}`,
      download: ctx.query.download !== undefined,
    }
    // The page itself may show pictures of this server only.
    if (file.download) {
      const leftMs = (job.resultExpiresAt ?? 0) - clock.now()
      if (await redirectToStore(ctx, store, result.path, { ...file, leftMs })) return
    }
    const sent = await sendFile(ctx, store, result.path, { ...file, etag: result.checksum })
    if (!sent) throw new AppError('result_expired')
  })

  router.get('/:jobId/thumbnail', async (ctx) => {
    const { job, result } = await getReady(ctx.params.jobId ?? '')
    if ((await results.ensureThumbnail(job.id, result.path)) === undefined)
      throw new AppError('result_expired')
    setPrivate(ctx)
    const file = { mime: 'image/webp', etag: result.checksum }
    if (!(await sendFile(ctx, store, thumbnailKey(job.id), file))) throw new AppError('result_expired')
  })

  router.get('/:jobId/qr', async (ctx) => {
    const { jobId = '' } = ctx.params
    if (!(await reader.find(jobId))) throw new AppError('result_not_found')
    const wanted = qrQuery.safeParse({ ...ctx.query })
    if (!wanted.success) throw notValid(wanted.error)
    const { format, size } = wanted.data
    const isOwner = findOwnerToken(ctx, jobId) === ctx.query.k && ctx.query.k !== undefined
    const image = await drawQr(isOwner ? links.ownShare(jobId) : links.share(jobId), { format, sizePx: size })
    ctx.set('Cache-Control', 'private, max-age=86400')
    ctx.set('X-Content-Type-Options', 'nosniff')
    ctx.type = format
    ctx.body = image
  })

  router.post('/:jobId/delete', async (ctx) => {
    const { jobId = '' } = ctx.params
    const token = String(ctx.query.k ?? '')
    if (!links.isDeletionToken(jobId, token)) throw new AppError('forbidden')
    if (!(await reader.find(jobId))) throw new AppError('result_not_found')
    await eraser.eraseJob(jobId, 'guest')
    ctx.cookies.set(ownerCookie, null, { path: `/r/${jobId}`, overwrite: true })
    ctx.redirect(`/r/${jobId}`)
    ctx.status = 303
  })

  /** @throws AppError result_not_found, result_expired */
  async function getReady(jobId: string): Promise<{ job: Job; result: StoredResult }> {
    const job = await reader.find(jobId)
    if (job?.resultExpiresAt === undefined) throw new AppError('result_not_found')
    if (!job.result || job.resultExpiresAt <= clock.now()) throw new AppError('result_expired')
    return { job, result: job.result }
  }

  /** Browsers ask each time, and get 304: what was deleted is not shown again. */
  function setPrivate(ctx: Context): void {
    ctx.set('Cache-Control', 'private, no-cache')
    ctx.set('X-Robots-Tag', 'noindex')
  }

  function findOwnerToken(ctx: Context, jobId: string): string | undefined {
    const shown = [ctx.query.k, ctx.cookies.get(ownerCookie)]
    return shown
      .filter((token) => typeof token === 'string')
      .find((token) => links.isDeletionToken(jobId, token))
  }

  function keepOwnerToken(ctx: Context, jobId: string, token: string): void {
    ctx.cookies.set(ownerCookie, token, {
      path: `/r/${jobId}`,
      httpOnly: true,
      sameSite: 'lax',
      maxAge: 30 * 86_400_000,
      overwrite: true,
    })
  }

  return router
}

function notValid(error: z.ZodError): AppError {
  const fields = error.issues.map(({ path, message }) => ({ field: path.join('.'), message }))
  const all = fields.map(({ field, message }) => `${field}: ${message}`).join('; ')
  return new AppError('invalid_request', { message: `Not valid: ${all}`, details: { fields } })
}
