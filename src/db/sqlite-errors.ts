// What SQLite says of its file, in words that tell what to do.
import Sqlite from 'better-sqlite3'
import { AppError } from '../errors.ts'

const damaged =
  'The database file is damaged. Stop the server, keep the file, and put a backup back with "photochanger restore" ' +
  'into an empty data directory.'

/** By primary result code: those that mean "this database cannot work now", not "this statement is wrong". */
const advice: Readonly<Record<string, string | undefined>> = {
  BUSY: 'Another program holds the database. Close whatever else has its file open.',
  LOCKED: 'Another program holds the database. Close whatever else has its file open.',
  FULL: 'The disk of the database is full. Make room on it.',
  IOERR: 'The disk of the database fails or is full. Look at the log of the system.',
  READONLY: 'The database cannot be written. Look whether its disk is read-only and who owns the file.',
  CANTOPEN: 'The database cannot be opened. Look whether its folder is there and may be written.',
  CORRUPT: damaged,
  NOTADB: damaged,
  PROTOCOL: undefined,
  NOMEM: undefined,
  PERM: undefined,
  AUTH: undefined,
  NOLFS: undefined,
}

const primaryOf = (code: string): string => code.split('_')[1] ?? ''

/** @throws AppError queue_unavailable for a database that cannot work now, and whatever else `work` throws */
export function translated<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof Sqlite.SqliteError) {
      const primary = primaryOf(error.code)
      if (!(primary in advice)) throw error
      const message = advice[primary]
      throw new AppError('queue_unavailable', { ...(message && { message }), cause: error })
    }
    if (error instanceof Error && 'syscall' in error)
      throw new AppError('queue_unavailable', { cause: error })
    if (isAddonUnusable(error)) throw new AppError('queue_unavailable', { message: otherNode, cause: error })
    throw error
  }
}

/** Its machine code fits one major version of Node on one kind of machine, and is looked for when a file is opened. */
const isAddonUnusable = (error: unknown): boolean =>
  error instanceof Error && (('code' in error && error.code === 'ERR_DLOPEN_FAILED') || 'tries' in error)

const otherNode =
  `The SQLite library (better-sqlite3) was not installed for this Node, ${process.version} on ${process.platform}-${process.arch}. ` +
  'In the folder of the program run "npm rebuild better-sqlite3", or install it anew with "npm ci".'

export function isBusy(error: unknown): boolean {
  const cause = error instanceof AppError ? error.cause : undefined
  return cause instanceof Sqlite.SqliteError && primaryOf(cause.code) === 'BUSY'
}
