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

export interface LinkOptions {
  mime: string
  /** The name to save it under. */
  fileName?: string
  /** Asks the browser to save instead of show. */
  download?: boolean
  expiresInSec: number
}

export interface MediaStore {
  /** A local folder, on the store's own file system if it has one, where uploads and unfinished files are written first. */
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
  /**
   * True when the file was there and is not any more, false when it was not there. Of several calls at the same time
   * exactly one is told true, as long as they come from one process; a store in the network may tell two processes.
   * `blindly` saves such a store a round trip: then the answer is true whatever was there.
   */
  remove(key: string, options?: { blindly?: boolean }): Promise<boolean>
  /** All files whose key starts with the folder `prefix` (`results/`), in no order. */
  list(prefix: string): AsyncIterable<StoredFile>
  /** Counts every file: dear where there are many. */
  usage(): Promise<StoreUsage>
  /** Writes, reads and removes a probe, in the scratch folder too; throws when that fails. */
  probe(): Promise<void>
  /**
   * An address that hands out the file to anybody until it expires, by GET only, whether the file is there or not.
   * Undefined where the store has no addresses of its own.
   */
  linkTo?(key: string, options: LinkOptions): Promise<string>
  close(): Promise<void>
}
