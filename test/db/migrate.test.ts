import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { migrate } from '../../src/db/migrate.ts'
import { openSqlite } from '../../src/db/sqlite.ts'
import { AppError } from '../../src/errors.ts'
import { makeFolder } from '../support/folder.ts'

const test = suite('db/migrate')

async function withFolder(work: (folder: string) => Promise<void>) {
  const folder = await makeFolder()
  try {
    await work(folder.path)
  } finally {
    await folder.remove()
  }
}

test('three processes that migrate at once all succeed, and one of them does the work', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'test.db')
    const script = fileURLToPath(new URL('../support/migrate-process.ts', import.meta.url))
    const outputs = await Promise.all(
      [1, 2, 3].map(async () => {
        const child = spawn(process.execPath, ['--import', 'tsx', script, path])
        let output = ''
        child.stdout.on('data', (chunk) => {
          output += chunk
        })
        child.stderr.on('data', (chunk) => {
          output += chunk
        })
        const [code] = await once(child, 'close')
        assert.is(code, 0, output)
        return output.trim()
      }),
    )
    const [first, second, worker] = outputs.sort()
    assert.equal([first, second], ['', ''])
    assert.match(worker ?? '', /^0001-core 0002-/)
  }))

test('a migration that fails half-way leaves the database as it was', () =>
  withFolder(async (folder) => {
    const migrations = join(folder, 'migrations')
    await mkdir(migrations)
    await writeFile(join(migrations, '0001-good.sql'), 'create table good (id text);\n')
    const db = openSqlite({ path: join(folder, 'test.db'), busyTimeoutMs: 5000 })
    await migrate(db, migrations)
    await writeFile(
      join(migrations, '0002-bad.sql'),
      'create table half (id text);\ncreate tabel typo (id text);\n',
    )
    const error = await migrate(db, migrations).catch((caught) => caught)
    assert.instance(error, AppError)
    assert.match(error.message, '0002-bad')
    const { rows } = await sql<{
      name: string
    }>`select name from sqlite_master where name in ('good', 'half')`.execute(db.query)
    assert.equal(rows, [{ name: 'good' }])
    await db.close()
  }))

test('a database of a newer version is refused', () =>
  withFolder(async (folder) => {
    const migrations = join(folder, 'migrations')
    await mkdir(migrations)
    await writeFile(join(migrations, '0001-old.sql'), 'create table old (id text);\n')
    await writeFile(join(migrations, '0002-new.sql'), 'create table new (id text);\n')
    const db = openSqlite({ path: join(folder, 'test.db'), busyTimeoutMs: 5000 })
    await migrate(db, migrations)
    const older = join(folder, 'older')
    await mkdir(older)
    await writeFile(join(older, '0001-old.sql'), 'create table old (id text);\n')
    const error = await migrate(db, older).catch((caught) => caught)
    assert.instance(error, AppError)
    assert.is(error.code, 'database_mismatch')
    await db.close()
  }))

test.run()
