// The commands as an operator or a script uses them: real processes, what they print, how they end.
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makePlace, type TestPlace } from '../support/backends.ts'
import { portrait } from '../support/photos.ts'
import { type Finished, runProgram, runUnheard, startDaemon } from '../support/program.ts'

const test = suite('commands')

interface Site {
  dataDir: string
  env: NodeJS.ProcessEnv
  readAll: TestPlace['readAll']
  run(...args: string[]): Promise<Finished>
  /** Runs, expects exit code 0, and parses what was printed. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there
  json(...args: string[]): Promise<any>
}

async function withSite(work: (site: Site) => Promise<void>, { init = true } = {}) {
  const place = await makePlace()
  const { dataDir, env } = place
  const run = (...args: string[]) => runProgram(args, env)
  try {
    if (init) await run('init')
    await work({
      dataDir,
      env,
      readAll: place.readAll,
      run,
      async json(...args) {
        const { code, stdout, stderr } = await run(...args, '--json')
        assert.is(code, 0, stderr)
        return JSON.parse(stdout)
      },
    })
  } finally {
    await place.remove()
  }
}

test('init prints every secret once and changes nothing when it is repeated', () =>
  withSite(
    async ({ dataDir, run, json, readAll }) => {
      const first = await json('init')
      assert.is(first.created, true)
      assert.is(first.data_dir, dataDir)
      assert.match(first.ingest_password, /^\w{4}-\w{4}-\w{4}-\w{4}$/)
      assert.equal(
        first.admins.map(({ username }: { username: string }) => username),
        ['serg', 'igor'],
      )
      assert.is(
        new Set([first.ingest_password, ...first.admins.map((admin: { password: string }) => admin.password)])
          .size,
        3,
      )
      const secret = await readFile(join(dataDir, 'secret.key'), 'utf8')
      assert.is((await stat(join(dataDir, 'secret.key'))).mode & 0o777, 0o600)

      const again = await json('init')
      assert.equal(again, { data_dir: dataDir, created: false })
      assert.is(await readFile(join(dataDir, 'secret.key'), 'utf8'), secret)
      assert.match((await run('init')).stdout, 'initialized already')
      const kept = await readAll()
      assert.ok(kept.some(({ content }) => content.includes('igor')))
      for (const { name, content } of kept) {
        assert.not(content.includes(first.ingest_password), `${name} holds the ingest password`)
        for (const { password } of first.admins)
          assert.not(content.includes(password), `${name} holds a password`)
      }
    },
    { init: false },
  ))

test('a command on an empty directory says what to do first', () =>
  withSite(
    async ({ run }) => {
      const { code, stderr } = await run('slots', 'list')
      assert.is(code, 1)
      assert.match(stderr, 'photochanger init')
    },
    { init: false },
  ))

test('wrong usage ends with 2 and says what would be right', () =>
  withSite(async ({ run }) => {
    const wrong: [string[], RegExp][] = [
      [['slot'], /unknown command.*\n?.*slots/],
      [['serve', '--port', 'eight'], /--port.*whole number from 0 to 65535/],
      [['slots', 'set', 'slot-001', '--set', 'noir'], /key=value/],
      [['slots', 'set', 'slot-001', '--set', 'effect=purple'], /effect/],
      [['slots', 'set', 'slot-001', '--operation', 'paint'], /no operation "paint".*filter/],
      [['slots', 'show', 'slot-016'], /no slot "slot-016"/],
      [['stats', 'slot-001', '--from', 'yesterday'], /date/],
      [['stats', '--from', '2026-01-01', '--to', '2026-11-01'], /90 days/],
      [['jobs', 'show', 'nothing'], /no such job/],
      [['jobs', 'list', '--status', 'done'], /pending, processing/],
      [['purge', '--scope', 'all'], /full, media_objects/],
      [['slots', 'test', 'slot-001', 'missing.jpg', '-o', '/dev/null'], /Cannot read missing.jpg/],
      [['slots', 'template', 'add', 'slot-001', 'Frame!', portrait], /setting key/],
      [['frobnicate'], /unknown command/],
    ]
    for (const [args, message] of wrong) {
      const { code, stderr, stdout } = await run(...args)
      assert.is(code, 2, `${args.join(' ')}: ${stderr}`)
      assert.match(stderr, message)
      assert.is(stdout, '')
    }
  }))

test('a bad variable stops the start with one line that names it', async () => {
  const { code, stderr } = await runProgram(['serve'], { PHOTOCHANGER_WORKERS: 'many' })
  assert.is(code, 2)
  assert.match(stderr, /^error: PHOTOCHANGER_WORKERS must be a whole number from 0 to 64, got "many"\n$/)
})

test('every command has help with an example', async () => {
  const commands = [
    'serve',
    'init',
    'worker',
    'slots list',
    'slots show',
    'slots set',
    'slots history',
    'slots rollback',
    'slots template add',
    'slots template remove',
    'slots test',
    'slots reset-stats',
    'providers',
    'jobs list',
    'jobs show',
    'jobs cancel',
    'stats',
    'settings show',
    'settings set',
    'settings rotate-password',
    'purge',
    'backup',
    'restore',
    'migrate-to',
    'send',
  ]
  await Promise.all(
    commands.map(async (command) => {
      const { code, stdout } = await runProgram([...command.split(' '), '--help'])
      assert.is(code, 0, command)
      assert.match(stdout, /Examples?:\n.*photochanger /, command)
    }),
  )
})

test('a command whose output nobody reads any more does its work and ends quietly', () =>
  withSite(async ({ env, json }) => {
    const unheard = (...args: string[]) => runUnheard(args, env)
    assert.equal(await unheard('--help'), { code: 0, stdout: '', stderr: '' })
    assert.equal(await unheard('slots', 'set', 'slot-001', '--name', 'Unheard'), {
      code: 0,
      stdout: '',
      stderr: '',
    })
    assert.is((await json('slots', 'show', 'slot-001')).name, 'Unheard')
  }))

test('a slot is set, shown and tested, and the test stays out of the statistics', () =>
  withSite(async ({ dataDir, run, json }) => {
    const set = await json(
      'slots',
      'set',
      'slot-004',
      '--provider',
      'local',
      '--operation',
      'filter',
      '--name',
      'Warm',
      '--set',
      'effect=warm',
      '--set',
      'strength=70',
    )
    assert.equal(set.settings_json, { effect: 'warm', strength: 70 })
    assert.equal(await json('slots', 'show', 'slot-004'), set)
    assert.is((await json('slots', 'list')).length, 15)
    assert.match((await run('slots', 'list')).stdout, /slot-004 +Warm +local +filter +on/)

    const output = join(dataDir, 'out.jpg')
    const tested = await json('slots', 'test', 'slot-004', portrait, '-o', output)
    assert.is(tested.saved_to, output)
    assert.is((await sharp(output).metadata()).width, 512)
    assert.is((await json('jobs', 'list'))[0].id, tested.job_id)
    const stats = JSON.parse((await run('stats', '--format', 'json')).stdout)
    assert.is(stats.summary.ingest_count, 0)
  }))

test('providers are listed with a schema that names the settings, and remote ones wait for their key', () =>
  withSite(async ({ run, json }) => {
    interface Listed {
      id: string
      is_configured: boolean
      operations: {
        id: string
        needs: string[]
        settings_schema: { properties: Record<string, { description?: string }> }
      }[]
    }
    const list: Listed[] = await json('providers')
    assert.equal(
      list.map(({ id, is_configured }) => [id, is_configured]),
      [
        ['local', true],
        ['gemini', false],
        ['turbotext', false],
        ['openai', false],
        ['echo', true],
      ],
    )
    const style = list[1]?.operations.find(({ id }) => id === 'style_transfer')
    assert.equal(style?.needs, ['style'])
    assert.ok(style?.settings_schema.properties.prompt?.description)
    const refused = await run(
      'slots',
      'set',
      'slot-004',
      '--provider',
      'gemini',
      '--operation',
      'image_edit',
      '--set',
      'prompt=x',
    )
    assert.is(refused.code, 2)
    assert.match(refused.stderr, 'PHOTOCHANGER_GEMINI_API_KEY')
  }))

test('a frame is bound as a template and needed by its operation', () =>
  withSite(async ({ dataDir, run, json }) => {
    const frame = join(dataDir, 'frame.png')
    const hole = Buffer.from(
      '<svg width="600" height="400"><path fill="#a33" fill-rule="evenodd" d="M0 0h600v400H0zM50 50v300h500V50z"/></svg>',
    )
    await sharp(hole).png().toFile(frame)
    const early = await run('slots', 'set', 'slot-005', '--provider', 'local', '--operation', 'frame')
    assert.is(early.code, 2)
    assert.match(early.stderr, 'frame')

    const bound = await json('slots', 'template', 'add', 'slot-005', 'frame', frame)
    assert.match(bound.checksum, /^[0-9a-f]{64}$/)
    await json('slots', 'set', 'slot-005', '--provider', 'local', '--operation', 'frame', '--set', 'fit=crop')
    const output = join(dataDir, 'framed.jpg')
    await json('slots', 'test', 'slot-005', portrait, '-o', output)
    const { width, height } = await sharp(output).metadata()
    assert.equal([width, height], [600, 400])

    const remove = (...more: string[]) => run('slots', 'template', 'remove', 'slot-005', 'frame', ...more)
    const needed = await remove()
    assert.is(needed.code, 1)
    assert.match(needed.stderr, 'cannot work without its template "frame"')
    assert.is((await remove('--force')).code, 0)
    assert.is((await remove('--force')).code, 2)
  }))

test('a rotated password is shown once, and settings never show one', () =>
  withSite(async ({ run, json }) => {
    const { ingest_password } = await json('settings', 'rotate-password')
    const shown = await json('settings', 'show')
    assert.is(shown.dslr_password.is_set, true)
    assert.is(shown.ingest.sync_response_timeout_sec, 48)
    assert.not(JSON.stringify(shown).includes(ingest_password))
    assert.match((await run('settings', 'show')).stdout, /Results kept +72 h/)
  }))

test('statistics come as a table, as JSON and as CSV with the same figures', () =>
  withSite(async ({ run }) => {
    const table = await run('stats', 'slot-001')
    assert.match(table.stdout, /PERIOD.*PHOTOS.*SUCCESS/)
    assert.match(table.stdout, /total +0 +0/)
    const csv = await run('stats', 'slot-001', '--format', 'csv')
    const lines = csv.stdout.trim().split('\n')
    assert.is(
      lines[0],
      'period_start,period_end,success,timeouts,provider_errors,cancelled,errors,ingest_count,degraded,cost_usd',
    )
    const json = JSON.parse((await run('stats', 'slot-001', '--format', 'json')).stdout)
    assert.is(json.summary.title, 'Film noir')
    assert.is(json.metrics.length, lines.length - 1)
  }))

test('serve tells where it is, takes what send sends without a password on this machine, and ends with 0', () =>
  withSite(
    async ({ dataDir, env, run }) => {
      const serve = await startDaemon(['serve', '--port', '0'], env)
      assert.match(serve.output.stdout, /Ingest password +\w{4}-/)
      assert.match(serve.output.stdout, /Administrator +serg +\w{4}-/)
      assert.match(serve.output.stdout, /send .* --slot slot-001 -o out.jpg/)
      const output = join(dataDir, 'out.jpg')
      const sent = await run('send', portrait, '--slot', 'slot-001', '-o', output, '--url', serve.url)
      assert.is(sent.code, 0, sent.stderr)
      const { isOpaque, channels } = await sharp(output).stats()
      assert.ok(isOpaque)
      assert.ok(Math.abs((channels[0]?.mean ?? 0) - (channels[2]?.mean ?? 99)) < 1, 'black and white')

      const many = JSON.parse(
        (
          await run(
            'send',
            portrait,
            '--slot',
            'slot-002',
            '--url',
            serve.url,
            '--repeat',
            '6',
            '--concurrency',
            '3',
            '--json',
          )
        ).stdout,
      )
      assert.is(many.ok, 6)
      const jobs = JSON.parse((await run('jobs', 'list', '--json')).stdout)
      assert.is(jobs.length, 7)
      const shown = JSON.parse((await run('jobs', 'show', jobs[0].id, '--json')).stdout)
      assert.equal(
        shown.processing_log.map(({ event }: { event: string }) => event),
        ['received', 'dispatched', 'succeeded'],
      )
      assert.is(shown.fields.model, 'Windows')
      assert.is((await run('jobs', 'cancel', jobs[0].id)).code, 1)
      const stats = JSON.parse((await run('stats', '--format', 'json')).stdout)
      assert.is(stats.summary.total_runs, 7)

      assert.is(await serve.stop(), 0)
      const again = await startDaemon(['serve', '--port', '0'], env)
      assert.not.match(again.output.stdout, 'Ingest password')
      assert.is(await again.stop('SIGINT'), 0)
    },
    { init: false },
  ))

test('a port that is taken is named', () =>
  withSite(async ({ env, run }) => {
    const serve = await startDaemon(['serve', '--port', '0'], env)
    const { code, stderr } = await run('serve', '--port', new URL(serve.url).port)
    assert.is(code, 1)
    assert.match(stderr, /in use.*--port/)
    await serve.stop()
  }))

test('a secret that cannot be used is reported with its path', () =>
  withSite(async ({ dataDir, run }) => {
    const path = join(dataDir, 'secret.key')
    await chmod(path, 0o600)
    await writeFile(path, 'short')
    const { code, stderr } = await run('slots', 'list')
    assert.is(code, 2)
    assert.match(stderr, path)
  }))

test.run()
