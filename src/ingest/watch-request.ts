// Notes what one request looks like while it is served, and hands it to the inspector once its answer is gone.
// Nothing here may cost a booth its picture: noting is filling in fields, and a recording that fails is only logged.
import { AppError } from '../errors.ts'
import type { UploadPart } from '../http/upload.ts'
import type { Inspector } from '../inspector/inspector.ts'
import type { Sighting } from '../inspector/sighting.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

export interface WatchDeps {
  inspector: Pick<Inspector, 'record'>
  clock: Clock
  log: Log
}

/** In a crowd refusals look all the same, and each one noted is a write that a photo waits for. */
const refusalsPerSecond = 5

/** True for so many refusals of each second. */
export function createRefusalSample(now: () => number = () => performance.now()): () => boolean {
  let secondEndsAt = Number.NEGATIVE_INFINITY
  let left = 0
  return () => {
    if (now() >= secondEndsAt) {
      secondEndsAt = now() + 1_000
      left = refusalsPerSecond
    }
    left -= 1
    return left >= 0
  }
}

/** As much of Koa's context as is looked at. */
interface Watched {
  ip: string
  params: Record<string, string>
  query: Record<string, unknown>
  status: number
  req: { rawHeaders: string[] }
  res: { writableFinished: boolean; once(event: 'close', listener: () => void): unknown }
}

export interface RequestWatch {
  /** Fields and files of the form, as they come. */
  onPart(part: UploadPart): void
  /** Around the reading of the body. */
  duringUpload<T>(read: () => Promise<T>): Promise<T>
  note(what: Partial<Pick<Sighting, 'isPasswordRight' | 'photoBytes' | 'job'>>): void
  noteFailure(error: unknown): void
}

export function watchRequest(
  ctx: Watched,
  { inspector, clock, log }: WatchDeps,
  isInSample: () => boolean = () => true,
): RequestWatch {
  const startedAt = performance.now()
  let uploadStartedAt: number | undefined
  const seen: Sighting = {
    at: clock.now(),
    address: ctx.ip,
    slotId: ctx.params.slotId ?? '',
    rawHeaders: ctx.req.rawHeaders,
    query: ctx.query,
    fields: [],
    files: [],
    isBodyRead: false,
    isPasswordRight: false,
    uploadMs: undefined,
    durationMs: 0,
    status: undefined,
    failure: undefined,
    photoBytes: undefined,
    job: undefined,
  }

  ctx.res.once('close', () => {
    const now = performance.now()
    seen.durationMs = now - startedAt
    if (uploadStartedAt !== undefined) seen.uploadMs ??= now - uploadStartedAt
    if (ctx.res.writableFinished) seen.status = ctx.status
    if (seen.failure?.code === 'queue_busy' && !isInSample()) return
    inspector.record(seen).catch((error: unknown) => log.debug({ err: error }, 'ingest.not_recorded'))
  })

  return {
    onPart(part) {
      if ('text' in part) seen.fields.push({ name: part.field, text: part.text })
      else seen.files.push(part)
    },
    async duringUpload(read) {
      uploadStartedAt = performance.now()
      seen.isBodyRead = true
      try {
        return await read()
      } finally {
        seen.uploadMs ??= performance.now() - uploadStartedAt
      }
    },
    note(what) {
      Object.assign(seen, what)
    },
    noteFailure(error) {
      const known = error instanceof AppError ? error : new AppError('internal_error')
      seen.failure = { code: known.code, message: known.message, details: known.details ?? {} }
    },
  }
}
