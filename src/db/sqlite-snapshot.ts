// One moment of a SQLite file, read or copied over a connection of its own: in WAL mode nobody waits for it.
import { rm } from 'node:fs/promises'
import Sqlite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { AppError } from '../errors.ts'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

// 4 MiB: between two of them the event loop serves others.
const pagesAtOnce = 1024

export function createSqliteSnapshots(path: string): Pick<Database, 'readSnapshot' | 'copyFileTo'> {
  return {
    async readSnapshot(fn) {
      const database = openReader(path)
      const reader = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
      try {
        return await reader.transaction().execute(fn)
      } finally {
        await reader.destroy()
      }
    },

    async copyFileTo(target, { signal }) {
      const reader = openReader(path)
      try {
        // Within a transaction of the reader the copy does not begin anew at each write of another process.
        reader.exec('begin')
        reader.prepare('select count(*) from sqlite_master').get()
        await reader.backup(target, {
          progress() {
            signal.throwIfAborted()
            return pagesAtOnce
          },
        })
        const copy = new Sqlite(target)
        try {
          copy.pragma('journal_mode = delete') // One file, without a log beside it.
        } finally {
          copy.close()
        }
      } catch (error) {
        await rm(target, { force: true })
        throw error instanceof Sqlite.SqliteError
          ? new AppError('queue_unavailable', {
              message: `The database cannot be copied: ${error.message}`,
              cause: error,
            })
          : error
      } finally {
        reader.close()
      }
    },
  }
}

function openReader(path: string): Sqlite.Database {
  try {
    return new Sqlite(path, { readonly: true, fileMustExist: true })
  } catch (cause) {
    throw new AppError('queue_unavailable', { cause })
  }
}
