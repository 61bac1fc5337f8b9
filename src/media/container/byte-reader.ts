// A file read in blocks from front to back, the next block while the last one is looked at. Never the whole file.
import type { LocalFile } from '../../lib/local-file.ts'
import { toStorageError } from '../../lib/storage-error.ts'
import { refusal } from './refusal.ts'

// Measured on an 8 MB photo: smaller blocks wait longer for the thread pool than their bytes take.
const blockBytes = 1024 * 1024

interface Block {
  at: number
  bytes: Buffer
}

export type ByteReader = ReturnType<typeof createByteReader>

/** The caller closes the file; its `close` waits for a read-ahead that nobody has asked for. */
export function createByteReader(file: Pick<LocalFile, 'read' | 'sizeBytes'>) {
  const { sizeBytes } = file
  let current: Block = { at: 0, bytes: Buffer.alloc(0) }
  let ahead: { at: number; block: Promise<Block> } | undefined

  async function load(at: number, length: number): Promise<Block> {
    const bytes = Buffer.allocUnsafe(length)
    try {
      const bytesRead = await file.read(bytes, length, at)
      return { at, bytes: bytes.subarray(0, bytesRead) }
    } catch (cause) {
      throw toStorageError(cause)
    }
  }

  function readAhead(at: number): void {
    if (at >= sizeBytes) return
    const block = load(at, Math.min(blockBytes, sizeBytes - at))
    block.catch(() => undefined) // Reported when it is asked for, if it is.
    ahead = { at, block }
  }

  return {
    sizeBytes,

    /**
     * What is buffered from `at` on, at least `atLeast` bytes; for reading from front to back.
     * @throws AppError invalid_request (truncated) when the file ends before
     */
    async from(at: number, atLeast = 1): Promise<Buffer> {
      const skip = at - current.at
      if (skip >= 0 && skip + atLeast <= current.bytes.length) return current.bytes.subarray(skip)
      if (at + atLeast > sizeBytes) throw refusal('truncated')

      const pending = ahead?.at === at ? ahead.block : undefined
      ahead = undefined
      const isSequential = at === current.at + current.bytes.length
      const wanted = Math.min(Math.max(blockBytes, atLeast), sizeBytes - at)
      current = await (pending ?? load(at, wanted))
      if (current.bytes.length < atLeast) current = await load(at, wanted)
      if (current.bytes.length < atLeast) throw refusal('truncated') // The file shrinks while it is read.
      if (isSequential) readAhead(at + current.bytes.length)
      return current.bytes
    },

    /**
     * Exactly these bytes, without losing the place in the reading from front to back.
     * @throws AppError invalid_request (truncated) when the file ends before
     */
    async slice(at: number, length: number): Promise<Buffer> {
      const skip = at - current.at
      if (skip >= 0 && skip + length <= current.bytes.length)
        return current.bytes.subarray(skip, skip + length)
      const { bytes } = await load(at, length)
      if (bytes.length < length) throw refusal('truncated')
      return bytes
    },
  }
}
