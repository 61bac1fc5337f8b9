// What a start loads. A kiosk has a slow disk, and a command that prints a line must not load a cloud.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeFolder } from './support/folder.ts'
import { runProgram, startDaemon } from './support/program.ts'

const test = suite('light-start')

/** The packages and own files of which code was run, as V8 itself notes it. */
async function loadedBy(work: (env: NodeJS.ProcessEnv) => Promise<void>) {
  const folder = await makeFolder()
  try {
    const notes = join(folder.path, 'coverage')
    await work({ NODE_V8_COVERAGE: notes, PHOTOCHANGER_DATA_DIR: join(folder.path, 'var') })
    const packages = new Set<string>()
    const own = new Set<string>()
    for (const file of await readdir(notes)) {
      const { result } = JSON.parse(await readFile(join(notes, file), 'utf8')) as {
        result: { url: string }[]
      }
      for (const { url } of result) {
        const inPackage = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
        if (inPackage) packages.add(inPackage)
        else if (url.includes('/dist/')) own.add(url.slice(url.indexOf('/dist/') + '/dist/'.length))
      }
    }
    return { packages, own }
  } finally {
    await folder.remove()
  }
}

const heavy = (packages: Iterable<string>, pattern: RegExp) =>
  [...packages].filter((name) => pattern.test(name))

const cloud = /^(@aws-sdk|@smithy|pg$|sharp$)/
const ofServers = /^(@aws-sdk|@smithy|pg$|sharp$|koa|kysely|zod-openapi|pino)/

for (const args of [['--version'], ['send', '--help']])
  test(`${args.join(' ')} loads its command and no server`, async () => {
    const { packages, own } = await loadedBy(async (env) => {
      assert.is((await runProgram(args, env)).code, 0)
    })
    assert.ok(packages.has('commander'), 'the packages are seen')
    assert.ok(own.has('cli.js'), 'the program is seen')
    assert.not.ok(own.has('app.js'))
    assert.equal(heavy(packages, ofServers), [])
  })

test('the help of all commands loads neither the server nor a cloud', async () => {
  const { packages, own } = await loadedBy(async (env) => {
    assert.is((await runProgram(['--help'], env)).code, 0)
  })
  assert.ok(own.has('commands/serve.js'))
  assert.not.ok(own.has('server.js'))
  assert.equal(heavy(packages, cloud), [])
})

test('a kiosk that starts loads neither the client of S3 nor that of PostgreSQL, and sharp with the first photo only', async () => {
  const { packages } = await loadedBy(async (env) => {
    const daemon = await startDaemon(['serve', '--port', '0'], env)
    assert.is(await daemon.stop(), 0)
  })
  assert.ok(packages.has('better-sqlite3'))
  assert.equal(heavy(packages, cloud), [])
})

test.run()
