// The real program, killed in the middle of saving, restoring and moving, and called again.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { copiedTables } from '../../src/db/copy-order.ts'
import { openDatabaseFile } from '../../src/open-database.ts'
import { sumUp } from '../../src/transfer/rows.ts'
import { listMedia } from '../support/files.ts'
import { makeFolder } from '../support/folder.ts'
import { addLogRows, takePhotos } from '../support/installation.ts'
import { runProgram } from '../support/program.ts'
import { openTestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('transfer/killed')
const bin = fileURLToPath(new URL('../../bin/photochanger', import.meta.url))
const folder = await makeFolder()
const server = await openTestServer({ workers: 2 })
const { dataDir, env } = server
const backup = join(folder.path, 'whole.zip')

test.before(async () => {
  await takePhotos(server, 2)
  const [job] = await server.app.reader.list({}, 1)
  await addLogRows(server.app.db, job?.id ?? '', 60_000)
  const done = await runProgram(['backup', backup], env)
  assert.is(done.code, 0, done.stderr)
})
test.after(async () => {
  await server.close()
  await folder.remove()
})

/** Kills it with no chance to tidy up, as soon as the condition holds. */
async function killWhen(
  args: readonly string[],
  isTime: () => Promise<boolean> | boolean,
  more: NodeJS.ProcessEnv = {},
): Promise<void> {
  const child = spawn(process.execPath, [bin, ...args], { stdio: 'ignore', env: { ...process.env, ...more } })
  const ended = once(child, 'close')
  await until(isTime, `it is time to kill ${args[0]}`)
  child.kill('SIGKILL')
  const [, signal] = await ended
  assert.is(signal, 'SIGKILL', `${args[0]} had ended before it was killed`)
}

/** Whether rows of the large table have come, but not all. */
function isHalfFilled(path: string): boolean {
  try {
    const file = new Sqlite(path, { readonly: true, fileMustExist: true })
    try {
      const text = file.prepare("select value_json from settings where key = 'transfer'").pluck().get()
      return JSON.parse(String(text ?? '{}')).tables?.processing_log?.isDone === false
    } finally {
      file.close()
    }
  } catch {
    return false // It is being made.
  }
}

async function assertSame(path: string): Promise<void> {
  const db = await openDatabaseFile(path)
  for (const table of copiedTables)
    assert.equal(await sumUp(db.query, table), await sumUp(server.app.db.query, table), table)
  await db.close()
}

test('a backup that was killed has no file under its name, and is made by calling it again', async () => {
  const file = join(folder.path, 'killed', 'backup.zip')
  const args = ['backup', file]
  const hasBegun = async () => (await stat(`${file}.partial`).catch(() => undefined)) !== undefined
  await killWhen(args, hasBegun, env)
  assert.not((await readdir(join(folder.path, 'killed'))).includes('backup.zip'))
  const again = await runProgram(args, env)
  assert.is(again.code, 0, again.stderr)
  assert.equal(await readdir(join(folder.path, 'killed')), ['backup.zip'])
  const check = await runProgram(['restore', '--verify', file])
  assert.is(check.code, 0, check.stderr)
  assert.match(check.stdout, 'The backup is whole')
})

test('a restore that was killed goes on, and until then no server opens it', async () => {
  const target = join(folder.path, 'restored')
  const args = ['restore', backup, '--data-dir', target]
  await killWhen(args, () => isHalfFilled(join(target, 'photochanger.db')))
  const serve = await runProgram(['slots', 'list', '--data-dir', target])
  assert.is(serve.code, 1)
  assert.match(serve.stderr, 'unfinished copy')
  const other = await runProgram(['backup', join(folder.path, 'other.zip')], env)
  assert.is(other.code, 0, other.stderr)
  const refused = await runProgram(['restore', join(folder.path, 'other.zip'), '--data-dir', target])
  assert.is(refused.code, 1)
  assert.match(refused.stderr, 'unfinished restore of another backup')
  const again = await runProgram(args)
  assert.is(again.code, 0, again.stderr)
  await assertSame(join(target, 'photochanger.db'))
  assert.equal(await listMedia(target), await listMedia(dataDir))
  assert.equal(
    (await readdir(target)).filter((name) => name.startsWith('restore')),
    [],
    'no trace is left',
  )
})

test('a move that was killed goes on after its last batch', async () => {
  const path = join(folder.path, 'moved.db')
  const args = ['migrate-to', path, '--media', join(folder.path, 'moved-media')]
  await killWhen(args, () => isHalfFilled(path), env)
  const again = await runProgram(args, env)
  assert.is(again.code, 0, again.stderr)
  assert.match(again.stdout, `PHOTOCHANGER_DATABASE_URL=${path}`)
  assert.match(again.stdout, /processing_log +600\d\d/)
  await assertSame(path)
})

test.run()
