// What the operating system says of a disk, in words that tell what to do.
import { AppError } from '../errors.ts'

const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk for pictures is full. Make room on it.',
  EDQUOT: 'The quota of the disk for pictures is used up. Make room on it.',
  EROFS: 'The disk for pictures is read-only: it may be failing. Look at the log of the system.',
  EIO: 'The disk for pictures fails. Look at the log of the system, and use another disk.',
  EACCES:
    'The server may not write to its folder for pictures. Give it to the account that the server runs under.',
  EPERM:
    'The server may not write to its folder for pictures. Give it to the account that the server runs under.',
  EMFILE: 'The server has too many files and connections open. Raise its limit (ulimit -n, LimitNOFILE).',
  ENFILE: 'The machine has too many files open. Close other programs.',
}

/** The error of a system call. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error

export function toStorageError(cause: unknown): AppError {
  const message = isSystemError(cause) ? advice[cause.code ?? ''] : undefined
  return new AppError('storage_unavailable', { ...(message && { message }), cause })
}
