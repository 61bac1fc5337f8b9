import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { Command } from 'commander'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { registerResetStats } from '../../src/commands/slots-reset-stats.ts'
import { registerStats } from '../../src/commands/stats.ts'
import { formatBar } from '../../src/commands/stats-table.ts'
import { openDatabase } from '../../src/open-database.ts'
import { dayMs, hourMs } from '../../src/stats/periods.ts'
import { createStats } from '../../src/stats/stats.ts'
import { logIn } from '../support/api.ts'
import { rejectionOf } from '../support/rejection.ts'
import { openTestServer, type TestServer } from '../support/server.ts'

const test = suite('commands/stats')

interface Parts {
  server: TestServer
  /** What the command prints; on a terminal of so many columns where they are given. */
  run(args: string[], columns?: number): Promise<string>
}

async function withInstallation(work: (parts: Parts) => Promise<void>) {
  const server = await openTestServer({ workers: 0 })
  try {
    await work({ server, run: (args, columns) => run(server.env, args, columns) })
  } finally {
    await server.close()
  }
}

async function run(env: NodeJS.ProcessEnv, args: string[], columns?: number): Promise<string> {
  let output = ''
  const write = (chunk: Buffer, _: unknown, done: () => void) => {
    output += chunk
    done()
  }
  const stdout = Object.assign(new Writable({ write }), columns === undefined ? {} : { isTTY: true, columns })
  const context = {
    stdout,
    stderr: Object.assign(new Writable({ write }), {}),
    env,
    signal: new AbortController().signal,
  }
  const program = new Command().exitOverride()
  registerStats(program, context)
  registerResetStats(program.command('slots'), context)
  await program.parseAsync(args, { from: 'user' })
  return output
}

/** As another process does while the server runs. */
async function fill({ app }: TestServer) {
  const db = await openDatabase(app.config)
  const stats = createStats({ db })
  const now = Date.now()
  for (const [slotId, at, failureReason] of [
    ['slot-001', now, undefined],
    ['slot-001', now, undefined],
    ['slot-001', now - 2 * dayMs, 'timeout'],
    ['slot-002', now - 20 * dayMs, undefined],
  ] as const) {
    await db.write((tx) =>
      db.executeTogether(
        tx,
        stats.record(tx, {
          slotId,
          providerId: 'local',
          finalizedAt: at,
          elapsedMs: 500,
          failureReason,
          isDegraded: false,
          costMicroUsd: 1_500_000,
          picture: failureReason ? undefined : { providerId: 'local', latencyMs: 400 },
        }),
      ),
    )
  }
  await db.close()
}

test('the commands print what the API answers, as JSON and as CSV', () =>
  withInstallation(async ({ server, run }) => {
    await fill(server)
    const call = await logIn(server)
    const to = new Date(Date.now() + hourMs).toISOString()
    const from = new Date(Date.now() - 10 * dayMs).toISOString()
    const range = ['--from', from, '--to', to]
    const query = `from=${from}&to=${to}`

    const slot = await call('GET', `/api/stats/slot-001?${query}`)
    assert.is(slot.body.summary.success, 2)
    assert.equal(JSON.parse(await run(['stats', 'slot-001', ...range, '--format', 'json'])), slot.body)
    const slotCsv = await call('GET', `/api/stats/slot-001?${query}&format=csv`)
    assert.is(await run(['stats', 'slot-001', ...range, '--format', 'csv']), slotCsv.body)

    const all = await call('GET', `/api/stats/global?${query}&group_by=day&sort_order=asc`)
    const printed = JSON.parse(await run(['stats', ...range, '--group-by', 'day', '--format', 'json']))
    assert.equal({ ...printed, meta: undefined }, { ...all.body, meta: undefined })
    assert.is(printed.meta.total, all.body.meta.total)
    const allCsv = await call('GET', `/api/stats/global?${query}&group_by=day&sort_order=asc&format=csv`)
    assert.is(await run(['stats', ...range, '--group-by', 'day', '--format', 'csv']), allCsv.body)
  }))

test('a terminal gets a bar for each period, as wide as there is room; a pipe gets none', () =>
  withInstallation(async ({ server, run }) => {
    await fill(server)
    const piped = await run(['stats', 'slot-001'])
    assert.match(piped, /PERIOD.*PHOTOS.*SUCCESS/)
    assert.match(piped, /total +3 +2 +1 +0 +0 +0 +4\.50/)
    assert.not.match(piped, /[█▌]/)
    const widest = async (columns: number) =>
      Math.max(...[...(await run(['stats', 'slot-001'], columns)).matchAll(/█+/g)].map(([bar]) => bar.length))
    assert.is(await widest(200), 40)
    assert.is(await widest(120), 12)
    assert.is(await widest(60), 8)
    assert.match(await run(['stats']), /PROVIDER +PICTURES.*\n+local +3 /)
  }))

test('a bar shows what happened in proportion, and never hides it', () => {
  const bar = (success: number, errors: number) =>
    stripVTControlCharacters(formatBar({ success, errors }, 10, 20))
  assert.is(bar(10, 0), '█'.repeat(20))
  assert.is(bar(5, 5), '█'.repeat(20))
  assert.is(bar(0, 0), '')
  assert.is(formatBar({ success: 1, errors: 0 }, 10_000, 20).includes('▏'), true)
})

test('a reset is said with its time, recorded, and shown with the figures', () =>
  withInstallation(async ({ server, run }) => {
    await fill(server)
    assert.match(await run(['slots', 'reset-stats', 'slot-001']), /^The figures of slot-001 count from 20/)
    const { last_reset_at: at } = JSON.parse(await run(['slots', 'reset-stats', 'slot-001', '--json']))
    const { summary } = JSON.parse(await run(['stats', 'slot-001', '--format', 'json']))
    assert.equal([summary.ingest_count, summary.last_reset_at], [0, at])
    assert.match(await run(['stats', 'slot-001']), `Counted from ${at}`)
    assert.is(JSON.parse(await run(['stats', '--format', 'json'])).summary.total_runs, 4)
    const entries = await server.app.audit.list({ action: 'slot.stats_reset' }, 10)
    assert.equal(
      entries.map(({ target }) => target),
      ['slot-001', 'slot-001'],
    )
    assert.is((await rejectionOf(run(['slots', 'reset-stats', 'slot-099']))).code, 'slot_not_found')
  }))

test('wrong usage names the option', () =>
  withInstallation(async ({ run }) => {
    const wrong: [string[], RegExp][] = [
      [['slot-001', '--from', '2026-01-02', '--to', '2026-01-01'], /^--from must be before --to\.$/],
      [['slot-001', '--from', '2026-01-01', '--to', '2026-03-01'], /^--from must be at most 31 days/],
      [['--from', '2999-01-01'], /^--from lies in the future/],
      [['slot-001', '--group-by', 'month'], /^--group-by must be one of: hour, day, week/],
      [['--group-by', 'hour'], /^--group-by must be one of: day, week, month/],
    ]
    for (const [args, message] of wrong) {
      const error = await rejectionOf(run(['stats', ...args]))
      assert.is(error.code, 'invalid_usage')
      assert.match(error.message, message)
    }
  }))

test.run()
