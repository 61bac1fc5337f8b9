// The finished pictures that are still kept, newest first, page by page through an index that holds nothing else.
import { sql } from 'kysely'
import type { Database } from '../db/database.ts'
import type { Clock } from '../lib/clock.ts'

export interface Picture {
  jobId: string
  slotId: string
  isTest: boolean
  path: string
  mime: string
  sizeBytes: number
  completedAt: number
  expiresAt: number
  providerId: string | undefined
  degradedReason: string | undefined
  /** What the booth calls itself. */
  boothName: string | undefined
}

/** The last picture of the page before. */
export interface PicturePosition {
  completedAt: number
  jobId: string
}

export interface PictureFilter {
  slotId?: string | undefined
  /** Epoch ms; the first moment that counts, and the first that does not any more. */
  from?: number | undefined
  to?: number | undefined
  withTests?: boolean | undefined
}

export type Pictures = ReturnType<typeof createPictures>

export function createPictures({ db, clock }: { db: Pick<Database, 'query'>; clock: Clock }) {
  function select({ slotId, from, to, withTests = false }: PictureFilter) {
    let query = db.query
      .selectFrom('jobs')
      .where('result_file_path', 'is not', null)
      .where('result_expires_at', '>', clock.now())
    if (slotId !== undefined) query = query.where('slot_id', '=', slotId)
    if (from !== undefined) query = query.where('finalized_at', '>=', from)
    if (to !== undefined) query = query.where('finalized_at', '<', to)
    return withTests ? query : query.where('is_test', '=', 0)
  }

  return {
    async list(
      filter: PictureFilter,
      { before, limit }: { before?: PicturePosition | undefined; limit: number },
    ): Promise<Picture[]> {
      let query = select(filter)
      if (before) {
        const { completedAt, jobId } = before
        query = query
          .where('finalized_at', '<=', completedAt)
          .where((eb) => eb.or([eb('finalized_at', '<', completedAt), eb('id', '<', jobId)]))
      }
      const rows = await query
        .select([
          'id',
          'slot_id',
          'is_test',
          'result_file_path',
          'result_mime_type',
          'result_size_bytes',
          'finalized_at',
          'result_expires_at',
          'provider_id',
          'degraded_reason',
          'fields_json',
        ])
        .orderBy('finalized_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        jobId: row.id,
        slotId: row.slot_id,
        isTest: row.is_test === 1,
        path: row.result_file_path ?? '',
        mime: row.result_mime_type ?? 'application/octet-stream',
        sizeBytes: row.result_size_bytes ?? 0,
        completedAt: row.finalized_at ?? 0,
        expiresAt: row.result_expires_at ?? 0,
        providerId: row.provider_id ?? undefined,
        degradedReason: row.degraded_reason ?? undefined,
        boothName: toBoothName(row.fields_json),
      }))
    },

    async sum(filter: PictureFilter): Promise<{ pictures: number; sizeBytes: number }> {
      const { pictures, bytes } = await select(filter)
        .select((eb) => [
          eb.fn.countAll<number>().as('pictures'),
          eb.fn.coalesce(eb.fn.sum<number>('result_size_bytes'), sql.lit(0)).as('bytes'),
        ])
        .executeTakeFirstOrThrow()
      return { pictures: Number(pictures), sizeBytes: Number(bytes) }
    },
  }
}

/** A page of at most `size`, and where the next one begins. Ask for one picture more than that. */
export function cutPage<T extends PicturePosition>(
  found: readonly T[],
  size: number,
): { page: T[]; next: PicturePosition | undefined } {
  const page = found.slice(0, size)
  return { page, next: found.length > size ? page.at(-1) : undefined }
}

/** As it goes into a link: `1780684267250_<job id>`. */
export const toPositionText = ({ completedAt, jobId }: PicturePosition): string => `${completedAt}_${jobId}`

export const positionPattern = /^\d{1,15}_[0-9a-f-]{36}$/

/** Undefined for anything that is no position. */
export function parsePosition(text: unknown): PicturePosition | undefined {
  if (typeof text !== 'string' || !positionPattern.test(text)) return undefined
  const separator = text.indexOf('_')
  return { completedAt: Number(text.slice(0, separator)), jobId: text.slice(separator + 1) }
}

function toBoothName(fieldsJson: string): string | undefined {
  const { name } = JSON.parse(fieldsJson) as { name?: unknown }
  return typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, 80) : undefined
}
