// Everything that an installation has written, to look for what must not be there.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Database } from '../../src/db/database.ts'
import { listFiles, listMedia, readMedia } from './files.ts'

export interface Kept {
  name: string
  content: Buffer
}

/** The files of its data directory, the rows of its database and its pictures, wherever they lie. */
export async function readKept(dataDir: string, { query }: Pick<Database, 'query'>): Promise<Kept[]> {
  const kept: Kept[] = []
  for (const name of await listFiles(dataDir))
    kept.push({ name, content: await readFile(join(dataDir, name)) })
  for (const { name } of await query.introspection.getTables()) {
    const { rows } = await sql`select * from ${sql.table(name)}`.execute(query)
    kept.push({ name: `table ${name}`, content: Buffer.from(JSON.stringify(rows)) })
  }
  for (const key of await listMedia(dataDir)) kept.push({ name: key, content: await readMedia(dataDir, key) })
  return kept
}
