// Brings a database to this version: forward only, all pending files in one transaction.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type MigrationProvider, Migrator, sql } from 'kysely'
import { AppError } from '../errors.ts'
import type { Database } from './database.ts'

const bundledFolder = fileURLToPath(new URL('../../db/migrations', import.meta.url))

/** Names of the migrations that this call has run. Any number of processes may call it at once. */
export async function migrate(db: Database, folder = bundledFolder): Promise<string[]> {
  const migrator = new Migrator({ db: db.query, provider: createFileProvider(folder) })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error instanceof AppError) throw error
  if (error) {
    const failed = results.find((result) => result.status === 'Error')
    const what = error instanceof Error ? error.message : String(error)
    throw new AppError('database_mismatch', {
      message: failed
        ? `The database could not be brought to this version: ${failed.migrationName}: ${what}`
        : `The database does not fit this version of photochanger: ${what}`,
      cause: error,
    })
  }
  return results.map((result) => result.migrationName)
}

function createFileProvider(folder: string): MigrationProvider {
  return {
    async getMigrations() {
      const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
      const migrations = await Promise.all(
        files.map(async (file) => {
          const statements = splitStatements(await readFile(join(folder, file), 'utf8'))
          const name = file.slice(0, -'.sql'.length)
          return [
            name,
            {
              async up(tx: Database['query']) {
                for (const statement of statements) await sql.raw(statement).execute(tx)
              },
            },
          ] as const
        }),
      )
      return Object.fromEntries(migrations)
    },
  }
}

function splitStatements(text: string): string[] {
  return text
    .split(/;[ \t]*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement.replace(/^--.*$/gm, '').trim() !== '')
}
