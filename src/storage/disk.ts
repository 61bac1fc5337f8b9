// The media store as files under one folder. Photos are personal data: nobody but the owner may read them.
import { closeSync, createReadStream, fstatSync, open, read as readWithCallback, statSync } from 'node:fs'
import { chmod, copyFile, mkdir, rename, rm, stat, statfs, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { newId } from '../lib/id.ts'
import { syncFile, syncFolder } from '../lib/sync.ts'
import { assertKey, scratchName, toFolderKey } from './keys.ts'
import { probeFolder } from './probe-folder.ts'
import type { ByteRange, MediaStore, StoredFile } from './store.ts'
import { isCrossDevice, isMissing, translated, unlessMissing } from './system-error.ts'
import { walkFiles } from './walk.ts'

const folderMode = 0o700
const fileMode = 0o600
// Measured on photos of 2-8 MB: twice as fast as Node's own 64 KiB.
const readBlockBytes = 512 * 1024
// File descriptors without FileHandle, which can be closed in the thread pool only.
const openInPool = promisify(open)
const readInPool = promisify(readWithCallback)

/** @throws AppError storage_unavailable when the folder cannot be made */
export async function openDiskStore(rootPath: string): Promise<MediaStore> {
  const root = resolve(rootPath)
  const scratchDir = join(root, scratchName)
  const knownFolders = new Set<string>()

  async function makeFolder(path: string, durable: boolean): Promise<void> {
    const firstMade = await mkdir(path, { recursive: true, mode: folderMode })
    knownFolders.add(path)
    if (!durable || !firstMade) return
    for (let made = path; made.length >= firstMade.length; made = dirname(made))
      await syncFolder(dirname(made))
  }

  /** Renames into a folder that is made when it is not there yet, or not there any more. */
  async function place(from: string, to: string, durable: boolean): Promise<void> {
    const folder = dirname(to)
    if (!knownFolders.has(folder)) await makeFolder(folder, durable)
    try {
      await rename(from, to)
    } catch (error) {
      if (!isMissing(error)) throw error
      await makeFolder(folder, durable)
      await rename(from, to)
    }
    if (durable) await syncFolder(folder)
  }

  async function adopt(from: string, to: string, durable: boolean | 'content'): Promise<void> {
    const syncsContent = durable !== false
    const syncsName = durable === true
    await secure(from, syncsContent)
    try {
      await place(from, to, syncsName)
    } catch (error) {
      if (!isCrossDevice(error)) throw error
      // A rename stays on its file system: the bytes go into the scratch folder first.
      const copy = join(scratchDir, newId())
      try {
        await copyFile(from, copy)
        await secure(copy, syncsContent)
        await place(copy, to, syncsName)
      } finally {
        await rm(copy, { force: true })
      }
      await rm(from, { force: true })
    }
  }

  async function read(path: string, range: ByteRange | undefined) {
    const fd = await unlessMissing(() => openInPool(path, 'r'))
    if (fd === undefined) return undefined
    let isStreaming = false
    try {
      const info = fstatSync(fd)
      if (!info.isFile()) return undefined
      const { start, end } = range ?? { start: 0, end: info.size - 1 }
      const length = end - start + 1
      if (length <= readBlockBytes)
        return { stream: await readAtOnce(fd, start, length), sizeBytes: info.size }
      isStreaming = true
      const options = { fd, start, end, highWaterMark: readBlockBytes }
      return { stream: createReadStream(path, options), sizeBytes: info.size }
    } finally {
      if (!isStreaming) closeSync(fd)
    }
  }

  async function find(key: string): Promise<StoredFile | undefined> {
    const info = await unlessMissing(() => stat(toPath(root, key)))
    return info?.isFile() ? { key, sizeBytes: info.size, modifiedAt: Math.floor(info.mtimeMs) } : undefined
  }

  async function remove(path: string): Promise<boolean> {
    const removed = await unlessMissing(async () => {
      await unlink(path)
      return true
    })
    return removed ?? false
  }

  async function* list(prefix: string): AsyncGenerator<StoredFile> {
    const folder = prefix === '' ? root : toPath(root, toFolderKey(prefix))
    const files = walkFiles(folder, (name) => prefix !== '' || name !== scratchName)
    for (;;) {
      const next = await translated(() => files.next())
      if (next.done) return
      const { name, info } = next.value
      yield { key: prefix + name, sizeBytes: info.size, modifiedAt: Math.floor(info.mtimeMs) }
    }
  }

  async function usage() {
    const { bavail, bsize } = await statfs(root)
    let usedBytes = 0
    for await (const { info } of walkFiles(root)) usedBytes += info.size
    return { usedBytes, freeBytes: bavail * bsize }
  }

  await translated(() => makeFolder(scratchDir, false))
  return {
    scratchDir,
    adopt: (key, localPath, { durable = false } = {}) =>
      translated(async () => adopt(localPath, toPath(root, key), durable)),
    move: (from, to) => translated(async () => place(toPath(root, from), toPath(root, to), true)),
    read: (key, range) => translated(async () => read(toPath(root, key), range)),
    stat: (key) => translated(() => find(key)),
    localCopy: (key) =>
      translated(async () => {
        const found = await find(key)
        return found && { path: toPath(root, key), release: async () => undefined }
      }),
    remove: (key) => translated(async () => remove(toPath(root, key))),
    list,
    usage: () => translated(usage),
    probe: () => translated(() => probeFolder(scratchDir)),
    close: async () => undefined,
  }
}

/** One block needs no stream of the file, whose further reads and closing are trips to the thread pool. */
async function readAtOnce(fd: number, start: number, length: number): Promise<Readable> {
  const { buffer, bytesRead } = await readInPool(fd, Buffer.allocUnsafe(length), 0, length, start)
  const stream = new Readable({ read: () => undefined })
  stream.push(buffer.subarray(0, bytesRead))
  stream.push(null)
  return stream
}

function toPath(root: string, key: string): string {
  assertKey(key)
  return join(root, ...key.split('/'))
}

/** What this program has written has the right mode already: looking does not wait for the disk, changing it does. */
async function secure(path: string, durable: boolean): Promise<void> {
  if ((statSync(path).mode & 0o777) !== fileMode) await chmod(path, fileMode)
  if (durable) await syncFile(path)
}
