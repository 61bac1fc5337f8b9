// The command in this process: what it prints, how it ends, with a server and without one.
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { Command } from 'commander'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { registerDoctor } from '../../src/commands/doctor.ts'
import { AppError } from '../../src/errors.ts'
import { makeFolder } from '../support/folder.ts'
import { openTestServer } from '../support/server.ts'

const test = suite('commands/doctor')

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const output = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') =>
    new PassThrough().on('data', (chunk: Buffer) => {
      output[name] += chunk
    })
  const program = new Command('photochanger').exitOverride()
  registerDoctor(program, {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    env,
    signal: new AbortController().signal,
  })
  const exit = await program.parseAsync(['doctor', ...args], { from: 'user' }).then(
    () => 0,
    (error: unknown) => {
      if (error instanceof AppError) return error.exit
      throw error
    },
  )
  await new Promise(setImmediate)
  return { exit, ...output }
}

test('beside a running server all is well, one line each; warnings alone do not fail it', async () => {
  const server = await openTestServer()
  try {
    await server.app.health.workers.enlist({ kind: 'serve', concurrency: 4 }).beat()
    const { port } = new URL(server.url)
    await chmod(server.dataDir, 0o700)
    const { exit, stdout } = await run(['--port', port], server.env)
    assert.is(exit, 0, stdout)
    assert.match(stdout, /^ok {6} Database: \w+ \d.*no damage found\.$/m)
    assert.match(stdout, /^ok {6} Server: It answers at/m)
    assert.match(stdout, /^ok {6} Test picture through slot-001/m)
    assert.match(stdout, /^0 problems, \d+ warnings?, \d+ ok\.$/m)
    assert.match(stdout, '--online does that')
    const without = await run(['--port', '9'], server.env)
    assert.is(without.exit, 0)
    assert.match(without.stdout, /^warning {2}Server: Nobody|^warning {2}Server: A server runs/m)
    assert.match(without.stdout, /^ {9}→ /m)
  } finally {
    await server.close()
  }
})

test('as JSON it is one object, whatever is wrong', async () => {
  const server = await openTestServer({ workers: 0 })
  try {
    const good = await run(['--json'], server.env)
    const report = JSON.parse(good.stdout)
    assert.equal([good.exit, report.ok, Object.keys(report)], [0, true, ['ok', 'checks']])
    for (const check of report.checks)
      assert.equal(Object.keys(check).sort(), ['advice', 'detail', 'id', 'status', 'title', 'took_ms'])
    await chmod(join(server.dataDir, 'secret.key'), 0o644)
    const bad = await run(['--json'], server.env)
    assert.equal([bad.exit, JSON.parse(bad.stdout).ok], [1, false])
    const { checks } = JSON.parse(bad.stdout)
    const secret = checks.find(({ id }: { id: string }) => id === 'secret')
    assert.equal([secret.status, secret.advice?.startsWith('chmod 600 ')], ['problem', true])
  } finally {
    await server.close()
  }
})

test('what cannot be opened is said, with what to do', async () => {
  const folder = await makeFolder()
  const place = ['--data-dir', folder.path]
  try {
    const empty = await run(place)
    assert.is(empty.exit, 1)
    assert.match(empty.stdout, /^problem {2}Secret: There is no .*secret\.key/m)
    assert.match(empty.stdout, 'photochanger init')

    await writeFile(join(folder.path, 'secret.key'), `${'s'.repeat(40)}\n`, { mode: 0o600 })
    await writeFile(join(folder.path, 'photochanger.db'), 'this is no database at all. '.repeat(1000))
    const broken = await run(place)
    assert.is(broken.exit, 1)
    assert.match(broken.stdout, /^problem {2}Database: .*file is not a database/m)
    assert.match(broken.stdout, 'restore the last backup')

    const config = await run(place, { PHOTOCHANGER_PORT: 'many', PHOTOCHANGER_WORKERS: '-1' })
    assert.is(config.exit, 1)
    assert.match(config.stdout, /^problem {2}Configuration: PHOTOCHANGER_PORT/m)
    assert.match(config.stdout, 'PHOTOCHANGER_WORKERS')
  } finally {
    await folder.remove()
  }
})

test.run()
