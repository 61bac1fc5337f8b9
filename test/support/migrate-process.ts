// Migrates the database named on the command line and prints what it has run.
import { migrate } from '../../src/db/migrate.ts'
import { openByUrl } from './backends.ts'

const db = openByUrl(process.argv[2] ?? '')
console.log((await migrate(db)).join(' '))
await db.close()
