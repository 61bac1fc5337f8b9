// Copies all files into another media store. What is there already with the same content is passed over, so that a copy
// that was interrupted goes on.
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError } from '../errors.ts'
import { newId } from '../lib/id.ts'
import { folders } from '../media/keys.ts'
import type { MediaStore, StoredFile } from '../storage/store.ts'
import type { OnProgress } from './progress.ts'

/** Pictures of attempts that are not over yet belong to the process that makes them. */
export const keptFolders = Object.values(folders).filter((folder) => folder !== folders.staged)

const filesAtOnce = 4

export interface Fingerprint {
  sizeBytes: number
  /** Hexadecimal. */
  sha256: string
}

interface CopyMediaOptions {
  from: MediaStore
  to: MediaStore
  signal: AbortSignal
  onProgress?: OnProgress
}

export interface CopiedMedia {
  copied: number
  /** Were there already. */
  passedOver: number
  bytes: number
}

export async function copyMedia({ from, to, signal, onProgress }: CopyMediaOptions): Promise<CopiedMedia> {
  const report: CopiedMedia = { copied: 0, passedOver: 0, bytes: 0 }
  let total = 0
  for await (const _file of listAll(from)) total += 1
  const files = listAll(from)

  async function lane(): Promise<void> {
    for (let next = await files.next(); !next.done; next = await files.next()) {
      signal.throwIfAborted()
      await copyOne(next.value)
      const done = report.copied + report.passedOver
      onProgress?.({ phase: 'pictures', done, total: Math.max(total, done) })
    }
  }

  async function copyOne({ key, sizeBytes }: StoredFile): Promise<void> {
    const file = await from.read(key)
    if (!file) return // Removed meanwhile.
    if ((await to.stat(key))?.sizeBytes === sizeBytes) {
      const [here, there] = await Promise.all([fingerprintOf(file.stream), findFingerprint(to, key)])
      if (here.sha256 === there?.sha256) {
        report.passedOver += 1
        return
      }
      const again = await from.read(key)
      if (again) await put(key, again.stream)
      return
    }
    await put(key, file.stream)
  }

  async function put(key: string, stream: Readable): Promise<void> {
    const { sizeBytes } = await putFile(to, key, stream)
    report.copied += 1
    report.bytes += sizeBytes
  }

  await Promise.all(Array.from({ length: filesAtOnce }, lane))
  return report
}

/**
 * Puts it in durably, and reads back what has arrived.
 * @throws AppError storage_unavailable when that is something else, or when it is not what was expected
 */
export async function putFile(
  store: MediaStore,
  key: string,
  stream: Readable,
  expected?: Fingerprint,
): Promise<Fingerprint> {
  const path = join(store.scratchDir, `transfer-${newId()}`)
  try {
    const hash = createHash('sha256')
    let sizeBytes = 0
    await pipeline(
      stream,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk)
          sizeBytes += chunk.length
          yield chunk
        }
      },
      createWriteStream(path, { mode: 0o600, flags: 'wx' }),
    )
    const sha256 = hash.digest('hex')
    if (expected && expected.sha256 !== sha256) throw damaged(key, 'was read otherwise than before')
    await store.adopt(key, path, { durable: true })
    if ((await findFingerprint(store, key))?.sha256 !== sha256)
      throw damaged(key, 'did not arrive as it was sent')
    return { sizeBytes, sha256 }
  } finally {
    await rm(path, { force: true })
  }
}

export async function fingerprintOf(stream: AsyncIterable<Buffer>): Promise<Fingerprint> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of stream) {
    hash.update(chunk)
    sizeBytes += chunk.length
  }
  return { sizeBytes, sha256: hash.digest('hex') }
}

export async function findFingerprint(store: MediaStore, key: string): Promise<Fingerprint | undefined> {
  const file = await store.read(key)
  return file && fingerprintOf(file.stream)
}

/** @throws AppError target_not_empty */
export async function assertNoFiles(store: MediaStore): Promise<void> {
  for await (const { key } of listAll(store))
    throw new AppError('target_not_empty', {
      message: `The media store to be filled is not empty: it has ${key}.`,
    })
}

async function* listAll(store: MediaStore): AsyncGenerator<StoredFile, undefined, undefined> {
  for (const folder of keptFolders) yield* store.list(folder)
  return undefined
}

const damaged = (key: string, what: string) =>
  new AppError('storage_unavailable', { message: `The file ${key} ${what}.` })
