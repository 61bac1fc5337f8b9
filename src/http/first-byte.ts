// Until the first byte of a body is there, its failure can still be answered; after that only the connection can be cut.
// Koa has sent neither by then: a stream that fails at once would close the connection without a word.
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { isSystemError, toStorageError } from '../lib/storage-error.ts'

/** Also resolves for a stream without any. @throws AppError storage_unavailable, and whatever else the stream fails with */
export async function untilFirstByte(stream: Readable): Promise<void> {
  if (stream.readableLength > 0 || stream.readableEnded) return
  try {
    await once(stream, 'readable')
  } catch (error) {
    throw isSystemError(error) ? toStorageError(error) : error
  }
}
