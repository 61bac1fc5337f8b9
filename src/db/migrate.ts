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
  const migrator = new Migrator({ db: db.query, provider: createFileProvider(folder, db.migrationVariant) })
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

/** The newest migration that has run (empty in a new database), those that have not, and those that this version does not know. */
export async function readSchema(
  db: Pick<Database, 'query' | 'migrationVariant'>,
  folder = bundledFolder,
): Promise<{ version: string; pending: string[]; unknown: string[] }> {
  const known = Object.keys(await createFileProvider(folder, db.migrationVariant).getMigrations()).sort()
  const done = (await hasMigrations(db))
    ? (
        await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db.query)
      ).rows.map(({ name }) => name)
    : []
  return {
    version: done.at(-1) ?? '',
    pending: known.filter((name) => !done.includes(name)),
    unknown: done.filter((name) => !known.includes(name)),
  }
}

async function hasMigrations({ query }: Pick<Database, 'query'>): Promise<boolean> {
  const tables = await query.introspection.getTables({ withInternalKyselyTables: true })
  return tables.some(({ name }) => name === 'kysely_migration')
}

/** `0001-name.sql` is for every database, `0001-name.postgres.sql` for one. */
function createFileProvider(folder: string, variant: Database['migrationVariant']): MigrationProvider {
  const isMeant = (file: string) => {
    const [, only, extension] = file.split('.')
    return extension === undefined ? only === 'sql' : extension === 'sql' && only === variant
  }
  return {
    async getMigrations() {
      const files = (await readdir(folder)).filter(isMeant).sort()
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
