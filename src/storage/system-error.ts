// What the operating system says of files, in this program's words.
import { isSystemError, toStorageError } from '../lib/storage-error.ts'

const missing = new Set(['ENOENT', 'ENOTDIR'])

const codeOf = (error: unknown) => (isSystemError(error) ? error.code : undefined)

export const isMissing = (error: unknown): boolean => missing.has(String(codeOf(error)))

export const isCrossDevice = (error: unknown): boolean => codeOf(error) === 'EXDEV'

/** Full, read-only, forbidden or broken disks become storage_unavailable; anything else is a bug and stays what it is. */
export async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw codeOf(cause) === undefined ? cause : toStorageError(cause)
  }
}

/** Undefined when what `work` looks for is not there. */
export async function unlessMissing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
