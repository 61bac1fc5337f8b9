// Looks through a whole SQLite file for damage. In a process of its own, as it takes seconds for a large file, during
// which nobody else's statement could run: `sqlite-integrity PATH` prints a JSON array.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'

const self = fileURLToPath(import.meta.url)
const mostProblems = 20

/** @throws `signal.reason` once it has fired */
export async function checkInProcess(path: string, signal: AbortSignal): Promise<string[]> {
  signal.throwIfAborted()
  // Under tsx its loader comes along in execArgv.
  const child = spawn(process.execPath, [...process.execArgv, self, path], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  try {
    const [[exitCode], found, problem] = await Promise.all([
      once(child, 'close'),
      text(child.stdout),
      text(child.stderr),
    ])
    signal.throwIfAborted()
    if (exitCode !== 0) throw new Error(`The database could not be looked through: ${problem}`)
    return JSON.parse(found) as string[]
  } finally {
    signal.removeEventListener('abort', kill)
  }
}

/** Everything but whether the indices fit their tables, which would take several times as long. */
export function findDamage(file: Sqlite.Database): string[] {
  try {
    const rows = file.prepare(`pragma quick_check(${mostProblems})`).pluck().all().map(String)
    return rows.filter((row) => row !== 'ok')
  } catch (error) {
    if (error instanceof Sqlite.SqliteError) return [error.message]
    throw error
  }
}

if (process.argv[1] === self) {
  let damage: string[]
  try {
    const file = new Sqlite(process.argv[2] ?? '', { readonly: true, fileMustExist: true })
    damage = findDamage(file)
    file.close()
  } catch (error) {
    damage = [String(error)]
  }
  process.stdout.write(JSON.stringify(damage))
}
