// A process that was asleep for long, or cut off, looks dead to a newer version, which then changes the database. When it
// goes on it must notice that and stop.
import type { Database } from '../db/database.ts'
import { readSchema } from '../db/migrate.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../lib/log.ts'

const lookEveryMs = 5_000

interface WatchDeps {
  db: Pick<Database, 'query' | 'migrationVariant'>
  log: Log
}

export interface SchemaWatch {
  /** Rejects once the database is newer than this program. @throws AppError database_mismatch */
  overtaken: Promise<never>
  stop(): void
}

export function watchSchema({ db, log }: WatchDeps): SchemaWatch {
  let timer: NodeJS.Timeout | undefined
  const overtaken = new Promise<never>((_, reject) => {
    async function look() {
      try {
        const { unknown } = await readSchema(db)
        if (unknown.length === 0) return
        const message = `A newer version of photochanger has changed the database (${unknown.join(', ')}). Start that one here.`
        reject(new AppError('database_mismatch', { message }))
      } catch (error) {
        log.debug({ err: error }, 'schema.not_read') // It is away; the next look tells.
      }
    }
    timer = setInterval(look, lookEveryMs)
  })
  return { overtaken, stop: () => clearInterval(timer) }
}
