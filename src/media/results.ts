// Finished pictures: staged while the attempt may still be overtaken, published when it has won, thumbnailed, removed.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import { newId } from '../lib/id.ts'
import type { LocalPicture } from '../providers/provider.ts'
import type { MediaStore } from '../storage/store.ts'
import { checksumOf } from './checksum.ts'
import { type ImageLimits, inspectImage } from './image.ts'
import { resultKey, stagedKey, thumbnailKey } from './keys.ts'
import { makeThumbnail } from './thumbnail.ts'

export interface StagedResult {
  /** Where the file lies now; `publish` moves it to `path`. */
  stagedPath: string
  path: string
  mime: string
  sizeBytes: number
  checksum: string
}

export type Results = ReturnType<typeof createResults>

export function createResults({ store, limits }: { store: MediaStore; limits: ImageLimits }) {
  const published = new WeakSet<StagedResult>()

  return {
    /**
     * Takes the provider's file into the store, its bytes durably; `publish` makes its name durable.
     * @throws AppError bad_response when the file is no complete picture
     */
    async stage(jobId: string, attempt: number, picture: LocalPicture): Promise<StagedResult> {
      const inspecting = inspectImage(picture.path, limits).catch((cause: unknown) => {
        throw cause instanceof AppError ? new AppError('bad_response', { cause }) : cause
      })
      const [{ mime, sizeBytes }, checksum] = await Promise.all([inspecting, checksumOf(picture.path)])
      const stagedPath = stagedKey(jobId, attempt)
      await store.adopt(stagedPath, picture.path, { durable: 'content' })
      return { stagedPath, path: resultKey(jobId, mime), mime, sizeBytes, checksum }
    },

    /** May be called again for the same result: the transaction around it may be run a second time. */
    async publish(staged: StagedResult): Promise<void> {
      if (published.has(staged)) return
      await store.move(staged.stagedPath, staged.path)
      published.add(staged)
    },

    discard: (staged: StagedResult) => store.remove(staged.stagedPath, { blindly: true }),

    /** Undefined when the result is gone. Made again when it is missing: a crash may come right after the result. */
    async ensureThumbnail(jobId: string, resultPath: string): Promise<string | undefined> {
      const key = thumbnailKey(jobId)
      if (await store.stat(key)) return key
      const source = await store.localCopy(resultPath)
      if (!source) return undefined
      const target = join(store.scratchDir, `${newId()}.webp`)
      try {
        await makeThumbnail(source.path, target)
        await store.adopt(key, target)
        return key
      } catch (error) {
        await rm(target, { force: true })
        throw error
      } finally {
        await source.release()
      }
    },

    /** How many files this call removed. */
    async remove(jobId: string, resultPath: string): Promise<number> {
      const removed = await Promise.all([store.remove(resultPath), store.remove(thumbnailKey(jobId))])
      return removed.filter(Boolean).length
    },
  }
}
