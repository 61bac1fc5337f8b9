// Migrates the database named on the command line and prints what it has run.
import { migrate } from '../../src/db/migrate.ts'
import { openSqlite } from '../../src/db/sqlite.ts'

const db = openSqlite({ path: process.argv[2] ?? '', busyTimeoutMs: 5000 })
console.log((await migrate(db)).join(' '))
await db.close()
