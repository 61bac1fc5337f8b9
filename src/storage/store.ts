// The port for everything that is kept as bytes: payloads, results, thumbnails, templates, media objects.
// Keys are relative paths of [a-z0-9._-] segments (`results/<job_id>.jpg`), never taken from outside.
// A backend throws AppError('storage_unavailable') when it cannot do its work.
import type { Readable } from 'node:stream'

export interface ByteRange {
  /** First and last byte, both inclusive. */
  start: number
  end: number
}

export interface StoredFile {
  key: string
  sizeBytes: number
  /** Epoch ms. */
  modifiedAt: number
}

export interface LocalCopy {
  path: string
  /** Removes the copy if it is one; the original stays. */
  release(): Promise<void>
}

export interface StoreUsage {
  usedBytes: number
  /** Undefined where the backend has no limit of its own. */
  freeBytes: number | undefined
}

export interface MediaStore {
  /** A local folder on the store's own file system where uploads and unfinished files are written first. */
  scratchDir: string
  /**
   * Moves a finished local file in, replacing what was there. With `durable` it survives a power cut once resolved;
   * with `content` its bytes do, and its name as soon as `move` has given it a final one.
   */
  adopt(key: string, localPath: string, options?: { durable?: boolean | 'content' }): Promise<void>
  /** Renames within the store, durably, replacing what was there; throws when `from` is missing. */
  move(from: string, to: string): Promise<void>
  /** Undefined when there is no such file. The caller consumes or destroys the stream. */
  read(key: string, range?: ByteRange): Promise<{ stream: Readable; sizeBytes: number } | undefined>
  /** Undefined when there is no such file. */
  stat(key: string): Promise<StoredFile | undefined>
  /** A path that libraries can open; undefined when there is no such file. */
  localCopy(key: string): Promise<LocalCopy | undefined>
  /** True when this call removed the file, false when it was not there. */
  remove(key: string): Promise<boolean>
  /** All files whose key starts with the folder `prefix` (`results/`), in no order. */
  list(prefix: string): AsyncIterable<StoredFile>
  usage(): Promise<StoreUsage>
  /** Writes, reads and removes a probe; throws when that fails. */
  probe(): Promise<void>
  close(): Promise<void>
}
