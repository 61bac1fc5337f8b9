// Media objects: temporary files with a public link, for providers that fetch by address.
import type { Database, Query } from '../db/database.ts'
import type { MediaObjectRow } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/id.ts'
import type { MediaStore } from '../storage/store.ts'
import { type ImageLimits, inspectImage } from './image.ts'
import { mediaObjectKey } from './keys.ts'

export interface MediaObject {
  id: string
  jobId: string | undefined
  /** Undefined once the file has been removed. */
  path: string | undefined
  mime: string
  sizeBytes: number
  createdAt: number
  expiresAt: number
}

interface NewMediaObject {
  jobId?: string
  expiresAt: number
  /** Part of the transaction that makes it known. */
  alongside?(tx: Query, object: MediaObject): Promise<void>
}

export type MediaObjects = ReturnType<typeof createMediaObjects>

interface MediaObjectDeps {
  db: Database
  store: MediaStore
  clock: Clock
  limits: ImageLimits
}

export function createMediaObjects({ db, store, clock, limits }: MediaObjectDeps) {
  return {
    /** Moves the local file in. @throws AppError as `inspectImage`, and what `alongside` throws: then nothing is kept */
    async register(localPath: string, { jobId, expiresAt, alongside }: NewMediaObject): Promise<MediaObject> {
      const { mime, sizeBytes } = await inspectImage(localPath, limits)
      const id = newId()
      const path = mediaObjectKey(id, mime)
      await store.adopt(path, localPath)
      const row: MediaObjectRow = {
        id,
        job_id: jobId ?? null,
        path,
        mime,
        size_bytes: sizeBytes,
        created_at: clock.now(),
        expires_at: expiresAt,
      }
      const object = toMediaObject(row)
      try {
        await db.write(async (tx) => {
          await alongside?.(tx, object)
          await tx.insertInto('media_objects').values(row).execute()
        })
      } catch (error) {
        await store.remove(path, { blindly: true })
        throw error
      }
      return object
    },

    /** @throws AppError media_not_found, media_expired */
    async getLive(id: string): Promise<MediaObject & { path: string }> {
      const row = await db.query
        .selectFrom('media_objects')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst()
      if (!row) throw new AppError('media_not_found')
      const object = toMediaObject(row)
      if (object.path === undefined || object.expiresAt <= clock.now()) throw new AppError('media_expired')
      return { ...object, path: object.path }
    },

    /** Those whose time is over, and those of a job, that still have a file. */
    async listRemovable(now: number, jobId?: string): Promise<(MediaObject & { path: string })[]> {
      const rows = await db.query
        .selectFrom('media_objects')
        .selectAll()
        .where('path', 'is not', null)
        .where((eb) => (jobId === undefined ? eb('expires_at', '<=', now) : eb('job_id', '=', jobId)))
        .execute()
      return rows.flatMap((row) => (row.path === null ? [] : [{ ...toMediaObject(row), path: row.path }]))
    },

    /** Those of these jobs that still have a file. */
    async listOfJobs(jobIds: readonly string[]): Promise<(MediaObject & { path: string })[]> {
      const rows = await db.query
        .selectFrom('media_objects')
        .selectAll()
        .where('path', 'is not', null)
        .where('job_id', 'in', jobIds)
        .execute()
      return rows.flatMap((row) => (row.path === null ? [] : [{ ...toMediaObject(row), path: row.path }]))
    },

    /** True when this call removed the file. The row stays, so that its address answers 410 and not 404. */
    async removeFile(object: { id: string; path: string }): Promise<boolean> {
      const removed = await store.remove(object.path)
      await db.query.updateTable('media_objects').set({ path: null }).where('id', '=', object.id).execute()
      return removed
    },

    async listKnownIds(ids: readonly string[]): Promise<Set<string>> {
      if (ids.length === 0) return new Set()
      const rows = await db.query
        .selectFrom('media_objects')
        .select('id')
        .where('id', 'in', ids)
        .where('path', 'is not', null)
        .execute()
      return new Set(rows.map((row) => row.id))
    },
  }
}

function toMediaObject(row: MediaObjectRow): MediaObject {
  return {
    id: row.id,
    jobId: row.job_id ?? undefined,
    path: row.path ?? undefined,
    mime: row.mime,
    sizeBytes: row.size_bytes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}
