// A stored file as an answer: length, one byte range, validators, a name to save it under.
import type { Context } from 'koa'
import parseRange from 'range-parser'
import type { ByteRange, MediaStore } from '../storage/store.ts'

interface FileOptions {
  mime: string
  /** A checksum of the content. */
  etag?: string
  fileName?: string
  /** Asks the browser to save instead of show. */
  download?: boolean
}

/** False when there is no such file; then nothing has been set. HEAD is answered without opening the file twice. */
export async function sendFile(
  ctx: Context,
  store: MediaStore,
  key: string,
  { mime, etag, fileName, download = false }: FileOptions,
): Promise<boolean> {
  const info = await store.stat(key)
  if (!info) return false
  ctx.status = 200
  ctx.type = mime
  ctx.set('Accept-Ranges', 'bytes')
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.lastModified = new Date(info.modifiedAt)
  if (etag) ctx.etag = etag
  if (fileName) ctx.attachment(fileName, { type: download ? 'attachment' : 'inline' })
  ctx.type = mime // `attachment` guesses it from the name

  if (ctx.fresh) {
    ctx.status = 304
    return true
  }
  const range = wantedRange(ctx, info.sizeBytes)
  if (range === 'unsatisfiable') {
    ctx.status = 416
    ctx.set('Content-Range', `bytes */${info.sizeBytes}`)
    ctx.body = null
    ctx.status = 416 // an empty body has set 204
    return true
  }
  if (range) {
    ctx.status = 206
    ctx.set('Content-Range', `bytes ${range.start}-${range.end}/${info.sizeBytes}`)
  }
  ctx.length = range ? range.end - range.start + 1 : info.sizeBytes
  if (ctx.method === 'HEAD') return true
  const file = await store.read(key, range)
  if (!file) return false
  const { length } = ctx
  ctx.body = file.stream
  if (length !== undefined) ctx.length = length
  ctx.type = mime
  return true
}

/** Several ranges at once are answered with the whole file, as RFC 9110 allows. */
function wantedRange(ctx: Context, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  const header = ctx.get('range')
  const ifRange = ctx.get('if-range')
  if (!header || (ifRange && ifRange !== ctx.response.get('etag'))) return undefined
  const ranges = parseRange(sizeBytes, header, { combine: true })
  if (ranges === -1) return 'unsatisfiable'
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return undefined
  return ranges[0]
}
