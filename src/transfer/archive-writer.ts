// Writes a ZIP beside its final name and gives it that name when everything is on the disk: there is never half a one.
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PassThrough, type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import { AppError } from '../errors.ts'
import { syncFolder } from '../lib/sync.ts'
import type { ManifestEntry } from './manifest.ts'

export interface ArchiveWriter {
  /** What was written so far, by name. */
  entries: Record<string, ManifestEntry>
  /** Reads the stream to its end; one call at a time. */
  add(name: string, content: Readable, options?: { compress?: boolean }): Promise<void>
  /** Resolves with the size when the file has its final name. */
  finish(): Promise<number>
  /** Removes what there is of it. */
  abort(): Promise<void>
}

export const partialOf = (path: string): string => `${path}.partial`

export function openArchiveWriter(path: string, signal: AbortSignal): ArchiveWriter {
  const partial = partialOf(path)
  const zip = new ZipFile()
  const output = zip.outputStream as Readable
  // Streams fail before anybody waits for the whole.
  const written = pipeline(output, createWriteStream(partial, { mode: 0o600 }), { signal }).catch(
    (error: unknown) => {
      throw translated(error, path)
    },
  )
  written.catch(() => undefined)
  zip.on('error', (error: Error) => output.destroy(error))
  const entries: Record<string, ManifestEntry> = {}

  return {
    entries,

    async add(name, content, { compress = false } = {}) {
      const hash = createHash('sha256')
      let size = 0
      const measuring = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          hash.update(chunk)
          size += chunk.length
          done(null, chunk)
        },
      })
      const delivered = new PassThrough()
      zip.addReadStream(delivered, name, { compress, mode: 0o100600 })
      await Promise.race([pipeline(content, measuring, delivered, { signal }), written])
      entries[name] = { size, sha256: hash.digest('hex') }
    },

    async finish() {
      zip.end()
      await written
      const file = await open(partial, 'r+')
      try {
        await file.sync()
        const { size } = await file.stat()
        await rename(partial, path)
        await syncFolder(dirname(path))
        return size
      } finally {
        await file.close()
      }
    },

    async abort() {
      output.destroy()
      await written.catch(() => undefined)
      await rm(partial, { force: true })
    },
  }
}

function translated(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error
  return new AppError('storage_unavailable', {
    message: `${path} cannot be written: ${error.message}`,
    cause: error,
  })
}
