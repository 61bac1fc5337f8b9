// What guests and providers may fetch without logging in: results by their unguessable id, and media objects.
import Router from '@koa/router'
import type { Context } from 'koa'
import { AppError } from '../errors.ts'
import { sendFile } from '../http/send-file.ts'
import type { Job, StoredResult } from '../jobs/job.ts'
import type { JobReader } from '../jobs/read-jobs.ts'
import { type Clock, toIso } from '../lib/clock.ts'
import { extensionOf, idOfKey, thumbnailKey } from '../media/keys.ts'
import { type Links, signedLinkMs } from '../media/links.ts'
import type { MediaObjects } from '../media/media-objects.ts'
import type { Results } from '../media/results.ts'
import type { MediaStore } from '../storage/store.ts'

interface PublicDeps {
  reader: Pick<JobReader, 'find'>
  results: Results
  mediaObjects: MediaObjects
  links: Links
  store: MediaStore
  clock: Clock
}

interface LiveResult {
  job: Job
  result: StoredResult
  expiresAt: number
}

export function publicRoutes({ reader, results, mediaObjects, links, store, clock }: PublicDeps): Router {
  const router = new Router({ prefix: '/public' })

  /** @throws AppError result_not_found, result_expired */
  async function getLiveResult(jobId: string): Promise<LiveResult> {
    const job = await reader.find(jobId)
    if (job?.resultExpiresAt === undefined) throw new AppError('result_not_found')
    if (!job.result || job.resultExpiresAt <= clock.now()) throw new AppError('result_expired')
    return { job, result: job.result, expiresAt: job.resultExpiresAt }
  }

  function setExpiry(ctx: Context, expiresAt: number, atMostMs = Number.POSITIVE_INFINITY) {
    const leftMs = Math.max(0, Math.min(expiresAt - clock.now(), atMostMs))
    ctx.set('Cache-Control', `private, max-age=${Math.floor(leftMs / 1000)}`)
    ctx.set('Expires', new Date(clock.now() + leftMs).toUTCString())
  }

  router.get('/results/:jobId', async (ctx) => {
    const { result, expiresAt } = await getLiveResult(ctx.params.jobId ?? '')
    const linkExpiresAt = Math.min(expiresAt, clock.now() + signedLinkMs)
    // A cached redirect must not outlive the address that it leads to.
    setExpiry(ctx, linkExpiresAt)
    ctx.set('PhotoChanger-Result-Expires-At', toIso(expiresAt))
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
    setExpiry(ctx, expiresAt)
    const sent = await sendFile(ctx, store, fileKey, {
      mime: result.mime,
      etag: result.checksum,
      fileName: `photo-${job.slotId}-${job.id}.${extensionOf(result.mime)}`,
      download: ctx.query.download !== undefined,
    })
    if (!sent) throw new AppError('result_expired')
  })

  router.get('/media/:id', async (ctx) => {
    const object = await mediaObjects.getLive(ctx.params.id ?? '')
    setExpiry(ctx, object.expiresAt)
    if (!(await sendFile(ctx, store, object.path, { mime: object.mime }))) throw new AppError('media_expired')
  })

  return router
}
