// The media store in a bucket of any server that speaks S3, for several machines that share their pictures.
// Unfinished files stay in a local scratch folder; nothing is held in memory as a whole.
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError } from '../errors.ts'
import { newId } from '../lib/id.ts'
import { assertKey, isKey, scratchName, toFolderKey } from './keys.ts'
import { probeFolder } from './probe-folder.ts'
import { connectToS3, type S3Place } from './s3-client.ts'
import { isMissingObject, isOutOfRange, toStorageError, translatedAt } from './s3-errors.ts'
import { createS3Links } from './s3-links.ts'
import { resumable } from './s3-read.ts'
import { uploadFile } from './s3-upload.ts'
import type { ByteRange, MediaStore, StoredFile } from './store.ts'

interface S3StoreOptions extends S3Place {
  /** A local folder. */
  scratchDir: string
  /** Whether `linkTo` is offered. */
  offersLinks?: boolean
  multipartAboveBytes?: number
}

const defaultMultipartAboveBytes = 16 * 1024 * 1024
// Runs under the lock of the database, which everybody else waits for.
const moveTimeoutMs = 10_000

/** Does not ask the server yet: one that is away at the start may come back. @throws AppError storage_unavailable */
export async function openS3Store(options: S3StoreOptions): Promise<MediaStore> {
  const { bucket, prefix, scratchDir, multipartAboveBytes = defaultMultipartAboveBytes } = options
  const place = { bucket, endpoint: options.endpoint }
  const translated = <T>(work: () => Promise<T>) => translatedAt(place, work)
  await translated(() => mkdir(scratchDir, { recursive: true, mode: 0o700 }))
  const connection = await connectToS3(options)
  const { sdk, client } = connection
  /** Removals under way, by key: who joins one is told that it removed nothing. */
  const removals = new Map<string, Promise<boolean>>()
  let isBucketKnown = false

  function toObject(key: string) {
    assertKey(key)
    return { Bucket: bucket, Key: prefix + key }
  }

  /** Undefined when the object is not there. A missing bucket is an error, not a store without files. */
  async function unlessMissing<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await work()
      isBucketKnown = true
      return answer
    } catch (error) {
      if (!isMissingObject(error)) throw error
      if (!isBucketKnown) await assertBucket()
      return undefined
    }
  }

  /** HEAD says 404 of an object and of its bucket alike. */
  async function assertBucket(): Promise<void> {
    try {
      await client.send(new sdk.HeadBucketCommand({ Bucket: bucket }))
    } catch (error) {
      if (isMissingObject(error)) throw Object.assign(new Error('no bucket'), { name: 'NoSuchBucket' })
      if (!(error instanceof sdk.S3ServiceException) || error.$metadata.httpStatusCode !== 403) throw error
    }
    isBucketKnown = true // Also when the key may not ask for the bucket, but for its objects.
  }

  async function find(key: string): Promise<StoredFile | undefined> {
    const head = await unlessMissing(() => client.send(new sdk.HeadObjectCommand(toObject(key))))
    return head && toStoredFile(key, head.ContentLength, head.LastModified)
  }

  async function get(key: string, range?: ByteRange, ifMatch?: string) {
    const Range = range && `bytes=${range.start}-${range.end}`
    const answer = await client.send(
      new sdk.GetObjectCommand({ ...toObject(key), Range, ...(ifMatch && { IfMatch: ifMatch }) }),
    )
    if (!(answer.Body instanceof Readable)) throw new Error('the SDK gave no stream')
    return { ...answer, body: answer.Body as Readable }
  }

  async function read(key: string, range?: ByteRange) {
    const answer = await unlessMissing(() => get(key, range)).catch(async (error: unknown) => {
      const found = range && isOutOfRange(error) ? await find(key) : undefined
      if (found)
        return { body: Readable.from([]), ContentLength: 0, ContentRange: `/${found.sizeBytes}`, ETag: '' }
      throw error
    })
    if (!answer) return undefined
    const { body, ContentLength: length = 0, ContentRange, ETag } = answer
    const sizeBytes = ContentRange ? Number(ContentRange.slice(ContentRange.lastIndexOf('/') + 1)) : length
    const start = range?.start ?? 0
    const stream = resumable({
      body,
      length,
      // Without a tag a part of something else might follow: then it fails instead.
      reopen: async (received) =>
        (await get(key, { start: start + received, end: start + length - 1 }, ETag ?? '"none"')).body,
      translate: (error) => toStorageError(error, place),
    })
    return { stream, sizeBytes }
  }

  async function adopt(key: string, localPath: string): Promise<void> {
    await uploadFile(connection, toObject(key), localPath, multipartAboveBytes)
    isBucketKnown = true
    await rm(localPath, { force: true })
  }

  async function move(from: string, to: string): Promise<void> {
    const source = toObject(from)
    const options = { abortSignal: AbortSignal.timeout(moveTimeoutMs) }
    const CopySource = `${bucket}/${source.Key}`
    await client.send(new sdk.CopyObjectCommand({ ...toObject(to), CopySource }), options)
    await client.send(new sdk.DeleteObjectCommand(source), options)
  }

  async function localCopy(key: string) {
    const found = await read(key)
    if (!found) return undefined
    const path = join(scratchDir, `${newId()}${extname(key)}`)
    const release = () => rm(path, { force: true })
    try {
      await pipeline(found.stream, createWriteStream(path, { mode: 0o600, flags: 'wx' }))
    } catch (error) {
      await release()
      throw error
    }
    return { path, release }
  }

  async function removeOnce(key: string, blindly: boolean): Promise<boolean> {
    const object = toObject(key)
    // The server does not tell whether there was anything to delete.
    if (!blindly && !(await find(key))) return false
    await client.send(new sdk.DeleteObjectCommand(object))
    return true
  }

  async function remove(key: string, blindly: boolean): Promise<boolean> {
    const running = removals.get(key)
    if (running) {
      await running
      return blindly
    }
    const removal = removeOnce(key, blindly).finally(() => removals.delete(key))
    removals.set(key, removal)
    return removal
  }

  async function* list(folder: string): AsyncGenerator<StoredFile> {
    if (folder !== '') toFolderKey(folder)
    let token: string | undefined
    do {
      const page = await translated(() =>
        client.send(
          new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix + folder, ContinuationToken: token }),
        ),
      )
      for (const { Key = '', Size, LastModified } of page.Contents ?? []) {
        const key = Key.slice(prefix.length)
        // A bucket may hold what others have put there.
        if (isKey(key)) yield toStoredFile(key, Size, LastModified)
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (token !== undefined)
  }

  async function usage() {
    let usedBytes = 0
    for await (const { sizeBytes } of list('')) usedBytes += sizeBytes
    return { usedBytes, freeBytes: undefined }
  }

  async function probe(): Promise<void> {
    await probeFolder(scratchDir) // Photos come in by way of it.
    const text = newId()
    const object = { Bucket: bucket, Key: `${prefix}${scratchName}/probe-${text}` }
    await client.send(new sdk.PutObjectCommand({ ...object, Body: text }))
    try {
      const { Body } = await client.send(new sdk.GetObjectCommand(object))
      if ((await Body?.transformToString()) !== text)
        throw new AppError('storage_unavailable', {
          message: 'The media store does not keep what is written.',
        })
    } finally {
      await client.send(new sdk.DeleteObjectCommand(object))
    }
  }

  return {
    scratchDir,
    adopt: (key, localPath) => translated(() => adopt(key, localPath)),
    move: (from, to) => translated(() => move(from, to)),
    read: (key, range) => translated(() => read(key, range)),
    stat: (key) => translated(() => find(key)),
    localCopy: (key) => translated(() => localCopy(key)),
    remove: (key, { blindly = false } = {}) => translated(() => remove(key, blindly)),
    list,
    usage,
    probe: () => translated(probe),
    ...(options.offersLinks && { linkTo: createS3Links(connection, toObject) }),
    close: async () => client.destroy(),
  }
}

/** Whole seconds: a HEAD tells no more, and both must tell the same. */
function toStoredFile(key: string, size: number | undefined, modified: Date | undefined): StoredFile {
  const modifiedAt = Math.floor((modified?.getTime() ?? 0) / 1000) * 1000
  return { key, sizeBytes: size ?? 0, modifiedAt }
}
