// The commands as an operator calls them, from a file and a folder to servers and back.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { copiedTables } from '../../src/db/copy-order.ts'
import { openDatabaseFile } from '../../src/open-database.ts'
import { sumUp } from '../../src/transfer/rows.ts'
import { listMedia } from '../support/files.ts'
import { makeFolder } from '../support/folder.ts'
import { passphrase, readSecretKey, takePhotos } from '../support/installation.ts'
import { makePostgres } from '../support/postgres.ts'
import { runProgram } from '../support/program.ts'
import { startS3 } from '../support/s3.ts'
import { openTestServer } from '../support/server.ts'

const test = suite('transfer/commands')
const folder = await makeFolder()
const server = await openTestServer({ workers: 2 })
const { dataDir } = server
const at = (name: string) => join(folder.path, name)

test.before(() => takePhotos(server, 2))
test.after(async () => {
  await server.close()
  await folder.remove()
})

async function run(args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const done = await runProgram([...args, '--data-dir', dataDir], env)
  assert.is(done.code, 0, done.stderr)
  return done.stdout
}

test('to a database server and a bucket, and back', async () => {
  const [database, s3] = await Promise.all([makePostgres(), startS3()])
  try {
    const { media_root = '', ...keys } = s3.settings
    const env = Object.fromEntries(
      Object.entries(keys).map(([name, value]) => [`PHOTOCHANGER_${name.toUpperCase()}`, value]),
    )
    const there = await run(['migrate-to', database.url, '--media', media_root], env)
    assert.match(there, `PHOTOCHANGER_DATABASE_URL=${database.url}`)
    assert.match(there, `PHOTOCHANGER_MEDIA_ROOT=${media_root}`)
    const moved = { ...env, PHOTOCHANGER_DATABASE_URL: database.url, PHOTOCHANGER_MEDIA_ROOT: media_root }
    await run(['migrate-to', at('back.db'), '--media', at('back')], moved)
    const back = await openDatabaseFile(at('back.db'))
    for (const table of copiedTables)
      assert.equal(await sumUp(back.query, table), await sumUp(server.app.db.query, table), table)
    await back.close()
    const files = await listMedia(dataDir)
    assert.ok(files.length >= 4)
    for (const name of files)
      assert.equal(await readFile(join(at('back'), name)), await readFile(join(dataDir, 'media', name)))
  } finally {
    await s3.close()
    await database.remove()
  }
})

test('the secrets of a backup need the passphrase, from a file or the environment', async () => {
  await writeFile(at('passphrase'), `${passphrase}\n`)
  const said = await run([
    'backup',
    at('secret.zip'),
    '--with-secrets',
    '--passphrase-file',
    at('passphrase'),
  ])
  assert.match(said, ', secrets.')
  const asked = await runProgram(['restore', at('secret.zip'), '--data-dir', at('restored')])
  assert.is(asked.code, 2)
  assert.match(asked.stderr, '--passphrase-file')
  const wrong = await runProgram(['restore', at('secret.zip'), '--data-dir', at('restored')], {
    PHOTOCHANGER_BACKUP_PASSPHRASE: 'quite another one',
  })
  assert.is(wrong.code, 2)
  assert.match(wrong.stderr, 'does not open')
  const right = await runProgram(['restore', at('secret.zip'), '--data-dir', at('restored'), '--json'], {
    PHOTOCHANGER_BACKUP_PASSPHRASE: passphrase,
  })
  assert.is(right.code, 0, right.stderr)
  const { rows, pictures, ...rest } = JSON.parse(right.stdout)
  assert.ok(rows > 40 && pictures >= 4)
  assert.equal(rest, { data_dir: at('restored'), with_secrets: true, config: 'none', removed_settings: [] })
  assert.is(await readSecretKey(at('restored')), await readSecretKey(dataDir))
})

test('wrong usage says what would be right', async () => {
  for (const [args, message] of [
    [['backup', at('x.zip'), '--passphrase-file', at('passphrase')], /only with --with-secrets/],
    [['migrate-to', join(dataDir, 'photochanger.db')], /of this installation itself/],
    [['migrate-to', at('x.db'), '--media', join(dataDir, 'media')], /of this installation itself/],
    [['restore', at('none.zip')], /There is no file/],
  ] as const) {
    const done = await runProgram([...args, '--data-dir', dataDir])
    assert.is(done.code, 2, done.stderr)
    assert.match(done.stderr, message)
  }
})

test.run()
