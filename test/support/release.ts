// The program as its next release may be: a copy with one more migration.
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeFolder } from './folder.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const parts = ['bin', 'dist', 'db', 'templates', 'package.json']

export interface Release {
  /** What `program.ts` starts instead of this working copy. */
  bin: string
  remove(): Promise<void>
}

export const laterMigration = '9999-later'

export async function makeNextRelease(): Promise<Release> {
  const { path, remove } = await makeFolder()
  for (const part of parts) await cp(join(root, part), join(path, part), { recursive: true })
  await symlink(join(root, 'node_modules'), join(path, 'node_modules'), 'junction')
  const migrations = join(path, 'db', 'migrations')
  await mkdir(migrations, { recursive: true })
  await writeFile(join(migrations, `${laterMigration}.sql`), 'alter table jobs add column later_note text;\n')
  return { bin: join(path, 'bin', 'photochanger'), remove }
}
