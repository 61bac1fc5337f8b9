// What the import checker itself cannot tell: that it has really seen the modules, and that the rules can fail.
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('architecture')
const root = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

const sources = async () =>
  (await readdir(`${root}src`, { recursive: true }))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `src/${file}`)

test('dependency-cruiser sees every source file and the imports between them', async () => {
  const { stdout } = await run('npx', ['depcruise', 'src', '--output-type', 'json'], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  })
  const { modules } = JSON.parse(stdout) as { modules: { source: string; dependencies: unknown[] }[] }
  const seen = new Set(modules.map(({ source }) => source))
  assert.equal(
    (await sources()).filter((file) => !seen.has(file)),
    [],
  )
  const app = modules.find(({ source }) => source === 'src/app.ts')
  assert.ok((app?.dependencies.length ?? 0) > 20, 'the imports of the composition root are seen')
})

test('files stay small enough to read at once', async () => {
  for (const file of await sources()) {
    const lines = (await readFile(`${root}${file}`, 'utf8')).split('\n').length
    assert.ok(lines <= 250, `${file} has ${lines} lines`)
  }
})

test('there are no barrels and no drawers for leftovers', async () => {
  const forbidden = /(^|\/)(index|utils?|helpers?|common|types)(\.ts|\/)/
  assert.equal(
    (await sources()).filter((file) => forbidden.test(file)),
    [],
  )
})

test('the environment enters by the command line alone, and goes on as a parameter', async () => {
  // fontconfig is a C library that is told by its own variable where its configuration is.
  const exceptions = ['src/providers/local/text.ts']
  const readers: string[] = []
  for (const file of await sources()) {
    const text = await readFile(`${root}${file}`, 'utf8')
    if (text.includes('process.env') && !exceptions.includes(file)) readers.push(file)
  }
  assert.equal(readers.sort(), ['src/cli.ts'])
})

test('SQL dialects are named only where the database is chosen', async () => {
  for (const file of await sources()) {
    if (/^src\/(db\/|app\.ts|open-database\.ts|commands\/migrate-to\.ts|config(-schema)?\.ts)/.test(file))
      continue
    const text = await readFile(`${root}${file}`, 'utf8')
    assert.not(/sqlite|postgres/i.test(text), file)
  }
})

test.run()
