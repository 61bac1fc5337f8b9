// Another Node than the one that installed the packages: the program says what to do.
import { spawnSync } from 'node:child_process'
import { cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeFolder } from '../support/folder.ts'

const test = suite('db/foreign-addon')
const root = fileURLToPath(new URL('../..', import.meta.url))

/** The built program with all of its packages, of which SQLite's is a copy that may be damaged. */
async function installAt(folder: string) {
  for (const part of ['bin', 'dist', 'db', 'templates', 'package.json'])
    await cp(join(root, part), join(folder, part), { recursive: true })
  const packages = join(folder, 'node_modules')
  await mkdir(packages)
  for (const name of await readdir(join(root, 'node_modules')))
    await symlink(join(root, 'node_modules', name), join(packages, name))
  const sqlite = join(packages, 'better-sqlite3')
  await rm(sqlite)
  for (const part of ['lib', 'package.json'])
    await cp(join(root, 'node_modules/better-sqlite3', part), join(sqlite, part), { recursive: true })
  await mkdir(join(sqlite, 'build/Release'), { recursive: true })
  return { bin: join(folder, 'bin/photochanger'), addon: join(sqlite, 'build/Release/better_sqlite3.node') }
}

test('machine code of another Node, or none, ends with 1 and the command that helps', async () => {
  const folder = await makeFolder()
  try {
    const { bin, addon } = await installAt(folder.path)
    const env = { PHOTOCHANGER_DATA_DIR: join(folder.path, 'data') }
    const init = () => spawnSync(process.execPath, [bin, 'init'], { env, encoding: 'utf8' })
    const missing = init()
    await writeFile(addon, 'of another machine')
    const foreign = init()
    for (const { status, stdout, stderr } of [missing, foreign]) {
      assert.is(status, 1)
      assert.is(stdout, '')
      assert.match(stderr, /^error: The SQLite library .*npm rebuild better-sqlite3.*\n$/)
    }
  } finally {
    await folder.remove()
  }
})

test.run()
