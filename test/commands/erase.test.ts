import { PassThrough } from 'node:stream'
import { Command } from 'commander'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { registerJobs } from '../../src/commands/jobs.ts'
import { registerPurge } from '../../src/commands/purge.ts'
import { createNewJob } from '../support/job.ts'
import { rejectionOf } from '../support/rejection.ts'
import { openTestServer, type TestServer } from '../support/server.ts'

const test = suite('commands/erase')

/** `answer` is typed on a terminal; without one there is no terminal. */
async function run({ env }: TestServer, args: readonly string[], answer?: string): Promise<string> {
  const stdout = new PassThrough()
  const stdin = Object.assign(new PassThrough(), { isTTY: answer !== undefined })
  if (answer !== undefined) stdin.write(answer)
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined })
  const context = {
    stdin,
    stdout,
    stderr: new PassThrough(),
    env,
    signal: new AbortController().signal,
  }
  registerPurge(program, context)
  registerJobs(program, context)
  await program.parseAsync([...args], { from: 'user' })
  stdout.end()
  return String(stdout.read() ?? '')
}

async function withJobs(work: (server: TestServer) => Promise<void>) {
  const server = await openTestServer({ workers: 0 })
  try {
    for (const slotId of ['slot-001', 'slot-001', 'slot-002'])
      await server.app.queue.enqueue(createNewJob({ slotId, fields: { name: 'Ann' } }))
    await work(server)
  } finally {
    await server.close()
  }
}

const countErased = async ({ app }: TestServer) =>
  (await app.reader.list({}, 10)).filter(({ erasedAt }) => erasedAt !== undefined).length

const eraseSlot = ['purge', '--erase', '--slot', 'slot-001']

test('without a terminal nothing is erased unless --yes says so', () =>
  withJobs(async (server) => {
    assert.match((await rejectionOf(run(server, eraseSlot))).message, /--yes/)
    assert.is(await countErased(server), 0)
    const report = JSON.parse(await run(server, [...eraseSlot, '--yes', '--json']))
    assert.equal(report, {
      slot_id: 'slot-001',
      from: null,
      to: null,
      dry_run: false,
      jobs: 2,
      results: 0,
      files: 0,
      bytes: 0,
      media_objects: 0,
      cancelled_jobs: 2,
    })
    assert.is(await countErased(server), 2)
  }))

test('on a terminal it asks, and takes nothing but yes for a yes', () =>
  withJobs(async (server) => {
    for (const answer of ['\n', 'n\n', 'yep\n'])
      assert.match((await rejectionOf(run(server, eraseSlot, answer))).message, /Nothing was erased/)
    assert.is(await countErased(server), 0)
    assert.match(await run(server, eraseSlot, 'y\n'), /Erased 2 jobs.*\nCancelled 2 active jobs/)
    assert.is(await countErased(server), 2)
  }))

test('a dry run asks nothing and erases nothing', () =>
  withJobs(async (server) => {
    assert.match(await run(server, [...eraseSlot, '--dry-run']), /Would erase 2 jobs/)
    assert.is(await countErased(server), 0)
  }))

test('what is to be erased must be said, and a sweep takes no part of it', () =>
  withJobs(async (server) => {
    for (const [args, message] of [
      [['--erase', '--yes'], /--slot, --from, --to/],
      [['--erase', '--yes', '--slot', 'slot-016'], /slot-016/],
      [['--erase', '--yes', '--from', 'yesterday'], /must be a date/],
      [['--erase', '--yes', '--from', '2026-11-02', '--to', '2026-11-01'], /--from must be before --to/],
      [['--slot', 'slot-001'], /--slot: only with --erase/],
    ] as const)
      assert.match((await rejectionOf(run(server, ['purge', ...args]))).message, message)
    assert.is(await countErased(server), 0)
  }))

test('a list of jobs takes the filters of the API, page by page', () =>
  withJobs(async (server) => {
    const list = async (...args: string[]) =>
      (JSON.parse(await run(server, ['jobs', 'list', '--json', ...args])) as unknown[]).length
    assert.is(await list(), 3)
    assert.is(await list('--limit', '2'), 2)
    assert.is(await list('--page-size', '2', '--page', '2', '--sort-by', 'expires_at'), 1)
    assert.is(await list('--finalized', 'true'), 0)
    await run(server, [...eraseSlot, '--yes'])
    assert.is(await list('--failure-reason', 'cancelled', '--sort-order', 'asc'), 2)
    assert.is(await list('--slot', 'slot-002', '--finalized', 'false', '--status', 'pending'), 1)
    assert.match(await run(server, ['jobs', 'list', '--page-size', '2']), /Page 1 of 2, 3 jobs in all/)
    assert.match((await rejectionOf(run(server, ['jobs', 'list', '--slot', 'x']))).message, /no slot "x"/)
  }))

test.run()
