// What guests and providers may do without logging in: fetch results by their unguessable id, erase them with the link
// for that, and fetch media objects.
import Router from '@koa/router'
import type { Context } from 'koa'
import { AppError } from '../errors.ts'
import { sendAsset } from '../http/assets.ts'
import { redirectToStore } from '../http/redirect-to-store.ts'
import { sendFile } from '../http/send-file.ts'
import type { Job, StoredResult } from '../jobs/job.ts'
import type { JobReader } from '../jobs/read-jobs.ts'
import { type Clock, toIso } from '../lib/clock.ts'
import { extensionOf, idOfKey, thumbnailKey } from '../media/keys.ts'
import { type Links, signedLinkMs } from '../media/links.ts'
import type { MediaObjects } from '../media/media-objects.ts'
import type { Results } from '../media/results.ts'
import type { MediaStore } from '../storage/store.ts'
import {
  erasePageHeaders,
  erasePageStyle,
  renderErased,
  renderQuestion,
  renderRefusal,
} from './erase-page.ts'

interface PublicDeps {
  reader: Pick<JobReader, 'find'>
  results: Results
  mediaObjects: MediaObjects
  links: Links
  store: MediaStore
  clock: Clock
  eraser: { eraseJob(jobId: string, by: string): Promise<unknown> }
}

interface LiveResult {
  job: Job
  result: StoredResult
  expiresAt: number
}

/** Who has erased a picture with its link, in the audit log. */
const guest = 'guest'

export function publicRoutes({
  reader,
  results,
  mediaObjects,
  links,
  store,
  clock,
  eraser,
}: PublicDeps): Router {
  const router = new Router({ prefix: '/public' })

  /** @throws AppError result_not_found, result_expired */
  async function getLiveResult(jobId: string): Promise<LiveResult> {
    const job = await reader.find(jobId)
    if (job?.resultExpiresAt === undefined) throw new AppError('result_not_found')
    if (!job.result || job.resultExpiresAt <= clock.now()) throw new AppError('result_expired')
    return { job, result: job.result, expiresAt: job.resultExpiresAt }
  }

  const toFile = (ctx: Context, job: Job, { mime }: StoredResult) => ({
    mime,
    fileName: `photo-${job.slotId}-${job.id}.${extensionOf(mime)}`,
    download: ctx.query.download !== undefined,
  })

  const isHandedOut = (ctx: Context, job: Job, result: StoredResult, expiresAt: number) =>
    redirectToStore(ctx, store, result.path, {
      ...toFile(ctx, job, result),
      leftMs: expiresAt - clock.now(),
    })

  function setExpiry(ctx: Context, expiresAt: number, atMostMs = Number.POSITIVE_INFINITY) {
    const leftMs = Math.max(0, Math.min(expiresAt - clock.now(), atMostMs))
    ctx.set('Cache-Control', `private, max-age=${Math.floor(leftMs / 1000)}`)
    ctx.set('Expires', new Date(clock.now() + leftMs).toUTCString())
  }

  router.get('/results/:jobId', async (ctx) => {
    const { job, result, expiresAt } = await getLiveResult(ctx.params.jobId ?? '')
    ctx.set('PhotoChanger-Result-Expires-At', toIso(expiresAt))
    if (await isHandedOut(ctx, job, result, expiresAt)) {
      ctx.status = 307
      return
    }
    const linkExpiresAt = Math.min(expiresAt, clock.now() + signedLinkMs)
    // A cached redirect must not outlive the address that it leads to.
    setExpiry(ctx, linkExpiresAt)
    ctx.redirect(links.toFile(result.path, linkExpiresAt))
    ctx.status = 307
  })

  router.get('/results/:jobId/thumbnail', async (ctx) => {
    const { job, result, expiresAt } = await getLiveResult(ctx.params.jobId ?? '')
    if ((await results.ensureThumbnail(job.id, result.path)) === undefined)
      throw new AppError('result_expired')
    setExpiry(ctx, expiresAt)
    const sent = await sendFile(ctx, store, thumbnailKey(job.id), {
      mime: 'image/webp',
      etag: result.checksum,
    })
    if (!sent) throw new AppError('result_expired')
  })

  router.get('/files/results/:name', async (ctx) => {
    const fileKey = `results/${ctx.params.name}`
    const { expires, signature } = ctx.query
    if (!links.isValid(fileKey, String(expires), String(signature), clock.now())) {
      throw new AppError('result_expired', {
        message: 'This link has expired. Open the original link again.',
      })
    }
    const { job, result, expiresAt } = await getLiveResult(idOfKey(fileKey))
    if (result.path !== fileKey) throw new AppError('result_not_found')
    if (await isHandedOut(ctx, job, result, expiresAt)) return
    setExpiry(ctx, expiresAt)
    const sent = await sendFile(ctx, store, fileKey, { ...toFile(ctx, job, result), etag: result.checksum })
    if (!sent) throw new AppError('result_expired')
  })

  router.get('/media/:id', async (ctx) => {
    const object = await mediaObjects.getLive(ctx.params.id ?? '')
    setExpiry(ctx, object.expiresAt)
    if (!(await sendFile(ctx, store, object.path, { mime: object.mime }))) throw new AppError('media_expired')
  })

  /** The id of a job that the request may erase. @throws AppError result_not_found, forbidden, result_expired */
  async function getErasable(ctx: Context): Promise<string> {
    const job = await reader.find(ctx.params.jobId ?? '')
    if (!job) throw new AppError('result_not_found')
    if (!links.isDeletionToken(job.id, String(ctx.query.token))) {
      throw new AppError('forbidden', { message: 'This link does not erase this picture.' })
    }
    const isOver = job.resultExpiresAt !== undefined && (!job.result || job.resultExpiresAt <= clock.now())
    if (isOver || job.erasedAt !== undefined) throw new AppError('result_expired')
    return job.id
  }

  /** A browser gets what went wrong as a page, a program as the usual JSON. */
  async function showPage(ctx: Context, render: () => Promise<string>): Promise<void> {
    let page: string
    try {
      page = await render()
      ctx.status = 200
    } catch (error) {
      if (!(error instanceof AppError) || ctx.accepts('json', 'html') !== 'html') throw error
      ctx.state.errorCode = error.code
      ctx.status = error.status
      page = renderRefusal(error)
    }
    ctx.set(erasePageHeaders)
    ctx.type = 'html'
    ctx.body = page
  }

  router.get('/results/:jobId/delete', (ctx) =>
    showPage(ctx, async () => {
      const jobId = await getErasable(ctx)
      return renderQuestion(`/public/results/${jobId}/delete?token=${ctx.query.token}`)
    }),
  )

  router.post('/results/:jobId/delete', (ctx) =>
    showPage(ctx, async () => {
      await eraser.eraseJob(await getErasable(ctx), guest)
      return renderErased()
    }),
  )

  router.delete('/results/:jobId', async (ctx) => {
    await eraser.eraseJob(await getErasable(ctx), guest)
    ctx.status = 204
  })

  router.get('/erase.css', (ctx) => sendAsset(ctx, erasePageStyle))

  return router
}
