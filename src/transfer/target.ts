// Takes possession of the database that is to be filled: an empty one, or one that the same copy has begun to fill.
import { allTables } from '../db/copy-order.ts'
import type { Database } from '../db/database.ts'
import { migrate, readSchema } from '../db/migrate.ts'
import { AppError } from '../errors.ts'
import { findMarker, type Marker, saveMarker } from './marker.ts'
import { countRows, toAny } from './rows.ts'

interface TargetOptions {
  /** Of the source. */
  id: string
  /** Throws away what an interrupted copy has left. */
  startOver?: boolean
}

/** How far it has been filled. @throws AppError target_not_empty, database_mismatch */
export async function openTarget(db: Database, { id, startOver = false }: TargetOptions): Promise<Marker> {
  const { version } = await readSchema(db)
  if (version === '') await assertNoTables(db)
  const known = version === '' ? undefined : await findOwn(db)
  if (known && known.id !== id && !startOver)
    throw notEmpty('It is an unfinished copy of something else; --start-over throws that away.')
  await migrate(db)
  if (known && !startOver) return known
  const fresh: Marker = { id, tables: {} }
  await db.write(async (tx) => {
    // What migrations have put there is replaced by the source's.
    for (const table of allTables.toReversed()) await toAny(tx).deleteFrom(table).execute()
    await saveMarker(tx, fresh)
  })
  return fresh
}

/** Undefined where nobody has used it yet. */
async function findOwn(db: Database): Promise<Marker | undefined> {
  const marker = await findMarker(db.query)
  if (marker) return marker
  for (const table of ['accounts', 'jobs', 'settings'] as const)
    if ((await countRows(db.query, table)) > 0) throw notEmpty('It holds an installation already.')
  return undefined
}

async function assertNoTables(db: Database): Promise<void> {
  const ours = new Set<string>(allTables)
  const found = (await db.query.introspection.getTables()).find(({ name }) => ours.has(name))
  if (found) throw notEmpty(`It has a table "${found.name}" of another program.`)
}

const notEmpty = (why: string) =>
  new AppError('target_not_empty', { message: `The database to be filled is not empty. ${why}` })
