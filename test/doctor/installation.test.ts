import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { installationChecks } from '../../src/doctor/installation.ts'
import { runChecks } from '../../src/doctor/run-checks.ts'
import { makeFolder } from '../support/folder.ts'

const test = suite('doctor/installation')

const nobody = 65_534

async function codesOf(dataDir: string, secretKeys?: string[]) {
  const checks = installationChecks({ dataDir, secretPath: join(dataDir, 'secret.key'), secretKeys })
  const results = await runChecks(checks, { signal: new AbortController().signal })
  return results.map(({ status, finding }) => [status, 'code' in finding && finding.code])
}

async function withFolder(work: (path: string) => Promise<void>) {
  const folder = await makeFolder()
  try {
    await work(folder.path)
  } finally {
    await folder.remove()
  }
}

/** Root may write everywhere: it becomes somebody else for a while. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  const { geteuid, seteuid } = process
  if (geteuid?.() !== 0 || !seteuid) return work()
  seteuid(nobody)
  try {
    return await work()
  } finally {
    seteuid(0)
  }
}

test('as it is made all is well', () =>
  withFolder(async (path) => {
    await writeFile(join(path, 'secret.key'), 'x', { mode: 0o600 })
    assert.equal(await codesOf(path), [
      ['ok', 'data_dir'],
      ['ok', 'secret'],
    ])
  }))

test('a folder that others may enter is a warning, a secret that they may read a problem', () =>
  withFolder(async (path) => {
    await writeFile(join(path, 'secret.key'), 'x')
    await chmod(join(path, 'secret.key'), 0o640)
    await chmod(path, 0o755)
    assert.equal(await codesOf(path), [
      ['warning', 'data_dir_open'],
      ['problem', 'secret_open'],
    ])
  }))

test('a folder without an installation, and one that does not exist', () =>
  withFolder(async (path) => {
    assert.equal(await codesOf(path), [
      ['ok', 'data_dir'],
      ['problem', 'secret_missing'],
    ])
    assert.equal((await codesOf(join(path, 'nowhere')))[0], ['problem', 'data_dir_missing'])
    assert.equal((await codesOf(path, ['given']))[1], ['ok', 'secret_given'])
  }))

test('a folder that cannot be written', () =>
  withFolder(async (path) => {
    const closed = join(path, 'closed')
    await mkdir(closed)
    await chmod(path, 0o755)
    await chmod(closed, 0o555)
    assert.equal((await asNobody(() => codesOf(closed)))[0], ['problem', 'data_dir_unwritable'])
  }))

test.run()
