// A local file, most likely one that was written a moment ago, opened to be read.
// Opening, measuring and closing happen at once: they find everything in memory, and a trip to the thread pool takes
// some twenty times as long. Bytes are read in the thread pool.
import { closeSync, fstatSync, openSync, read as readWithCallback } from 'node:fs'
import { promisify } from 'node:util'

const readInPool = promisify(readWithCallback)

export interface LocalFile {
  sizeBytes: number
  /** Reads `length` bytes at most from `position` on into the beginning of `buffer`; resolves with how many they were. */
  read(buffer: Buffer, length: number, position: number): Promise<number>
  /** Waits for what is being read. */
  close(): Promise<void>
}

/** @throws the operating system's error */
export function openLocalFile(path: string): LocalFile {
  const fd = openSync(path, 'r')
  const reading = new Set<Promise<unknown>>()
  return {
    sizeBytes: fstatSync(fd).size,
    async read(buffer, length, position) {
      const read = readInPool(fd, buffer, 0, length, position)
      reading.add(read)
      try {
        return (await read).bytesRead
      } finally {
        reading.delete(read)
      }
    },
    async close() {
      await Promise.allSettled(reading)
      closeSync(fd)
    },
  }
}
