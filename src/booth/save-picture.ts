// Takes the picture of an answer: saved whole under its name, or not at all.
import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { AppError } from '../errors.ts'

const diskCodes = new Set([
  'ENOSPC',
  'EDQUOT',
  'EFBIG',
  'EIO',
  'EISDIR',
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOENT',
])

export function isPicture(response: IncomingMessage): boolean {
  return response.statusCode === 200 && /^image\//i.test(response.headers['content-type'] ?? '')
}

/** Resolves with the number of bytes; `target` appears only when all of them are there, and more than none. */
export async function savePicture(response: IncomingMessage, target: string): Promise<number> {
  const partial = `${target}.${randomUUID().slice(0, 8)}.part`
  let file: FileHandle | undefined
  let bytes = 0
  try {
    file = await open(partial, 'wx')
    await pipeline(
      response,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          bytes += chunk.length
          yield chunk
        }
      },
      file.createWriteStream(),
    )
    await (bytes > 0 ? rename(partial, target) : rm(partial))
    return bytes
  } catch (cause) {
    if (file !== undefined) {
      await file.close()
      await rm(partial, { force: true })
    }
    if (!isDiskError(cause)) throw cause
    throw new AppError('storage_unavailable', {
      message: `The picture cannot be saved as ${target}: ${cause.message}.`,
      cause,
    })
  }
}

function isDiskError(cause: unknown): cause is Error {
  return cause instanceof Error && 'code' in cause && diskCodes.has(String(cause.code))
}

export async function countBytes(response: IncomingMessage): Promise<number> {
  let bytes = 0
  for await (const chunk of response) {
    bytes += chunk.length
  }
  return bytes
}
