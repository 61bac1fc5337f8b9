// The commands of the settings that are secret, as an operator uses them.
import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startGeminiEmulator } from '../emulators/gemini.ts'
import { makePlace, type TestPlace } from '../support/backends.ts'
import { portrait } from '../support/photos.ts'
import { type Finished, runProgram } from '../support/program.ts'

const test = suite('commands/settings')

interface Site {
  dataDir: string
  run(args: string, input?: string): Promise<Finished>
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there
  show(): Promise<any>
  readAll: TestPlace['readAll']
}

async function withSite(work: (site: Site) => Promise<void>, env: NodeJS.ProcessEnv = {}) {
  const place = await makePlace()
  const { dataDir } = place
  const run = (args: string, input?: string) => runProgram(args.split(' '), { ...place.env, ...env }, input)
  try {
    await run('init')
    await work({
      dataDir,
      run,
      show: async () => JSON.parse((await run('settings show --json')).stdout),
      readAll: place.readAll,
    })
  } finally {
    await place.remove()
  }
}

test('a key is read from standard input, used at once, and shown nowhere', async () => {
  const gemini = await startGeminiEmulator({ apiKey: 'the-key-of-gemini' })
  try {
    await withSite(async ({ dataDir, run, show, readAll }) => {
      const set = await run(`settings set-key gemini --base-url ${gemini.url}`, 'the-key-of-gemini\n')
      assert.equal([set.code, set.stdout], [0, 'Stored the key of gemini\n'], set.stderr)
      const { updated_at: _, ...key } = (await show()).provider_keys.gemini
      assert.equal(key, {
        is_configured: true,
        source: 'settings',
        updated_by: userInfo().username,
        extra: { base_url: gemini.url },
      })
      assert.match((await run('settings show')).stdout, /Key of gemini +ready, from the settings, at http:/)
      await run('slots set slot-004 --provider gemini --operation image_edit --set prompt=paint')
      const made = await run(`slots test slot-004 ${portrait} -o ${join(dataDir, 'out.jpg')}`)
      assert.is(made.code, 0, made.stderr)
      const kept = await readAll()
      assert.ok(kept.some(({ content }) => content.includes('provider_keys.gemini')))
      for (const { name, content } of kept) assert.not(content.includes('the-key-of-gemini'), name)
      assert.is((await run('settings remove-key gemini')).code, 0)
      assert.is((await show()).provider_keys.gemini.is_configured, false)
    })
  } finally {
    await gemini.close()
  }
})

test('a bad key, a bad address and an unknown vendor end with 2 and say what would be right', () =>
  withSite(async ({ run, show }) => {
    const before = await show()
    const wrong: [string, string | undefined, RegExp][] = [
      ['settings set-key gemini', 'short', /value must have at least 8 characters/],
      ['settings set-key gemini', 'two words here', /value must have only letters/],
      ['settings set-key gemini', '', /Nothing was entered/],
      ['settings set-key gemini', undefined, /Nothing was entered/],
      ['settings set-key gemini --base-url ftp://x', 'a-good-key', /base_url must be an http/],
      ['settings set-key acme', 'a-good-key', /Known: gemini, turbotext, openai/],
      ['settings remove-key acme', undefined, /Known: gemini, turbotext, openai/],
      ['settings set sync_response_timeout_sec 61', undefined, /whole number from 45 to 60/],
      ['settings set colour red', undefined, /Unknown setting "colour"/],
    ]
    for (const [args, input, message] of wrong) {
      const { code, stderr, stdout } = await run(args, input)
      assert.equal([code, stdout], [2, ''], args)
      assert.match(stderr, message)
    }
    assert.equal(await show(), before)
  }))

test('a rotated secret leaves the stored keys in use', () =>
  withSite(async ({ dataDir, run, show }) => {
    await run('settings set-key openai', 'the-key-of-openai')
    const secret = () => readFile(join(dataDir, 'secret.key'), 'utf8')
    const before = await secret()
    const { code, stdout, stderr } = await run('settings rotate-secret')
    assert.is(code, 0, stderr)
    assert.match(stdout, 'Sealed anew: 1')
    assert.is.not(await secret(), before)
    assert.is((await show()).provider_keys.openai.is_configured, true)
  }))

test('with the secrets in the environment the command says which may go', () =>
  withSite(
    async ({ run }) => {
      const { stdout } = await run('settings rotate-secret')
      assert.match(stdout, 'Sealed anew: 0\n')
      assert.match(stdout, 'can be removed from PHOTOCHANGER_SECRET_KEY')
    },
    { PHOTOCHANGER_SECRET_KEY: `${'n'.repeat(32)},${'o'.repeat(32)}` },
  ))

test('every one of them has help with an example', async () => {
  for (const command of ['set-key', 'remove-key', 'rotate-password', 'rotate-secret', 'show', 'set']) {
    const { code, stdout } = await runProgram(['settings', command, '--help'])
    assert.is(code, 0, command)
    assert.match(stdout, /Examples?:\n {2}photochanger settings /, command)
  }
})

test.run()
