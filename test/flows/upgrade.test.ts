// The program beside its next release, which has one more migration: either may work on a database, never both.
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readSchema } from '../../src/db/migrate.ts'
import { openPostgres } from '../../src/db/postgres.ts'
import { openSqlite } from '../../src/db/sqlite.ts'
import { createClosers } from '../../src/lib/closers.ts'
import { sendPhoto } from '../support/booth.ts'
import { makeFolder } from '../support/folder.ts'
import { makePostgres } from '../support/postgres.ts'
import { type Daemon, type Finished, runProgram, startDaemon } from '../support/program.ts'
import { laterMigration, makeNextRelease, type Release } from '../support/release.ts'
import { until } from '../support/until.ts'

const test = suite('flows/upgrade')
const kinds = ['SQLite', 'PostgreSQL'] as const

interface Place {
  send(daemon: Daemon): Promise<{ id: string; picture: Buffer }>
  /** This version. */
  start(...args: string[]): Promise<Daemon>
  run(...args: string[]): Promise<Finished>
  next: { start(...args: string[]): Promise<Daemon>; run(...args: string[]): Promise<Finished> }
  version(): Promise<string>
  /** As on a machine that falls asleep for long: they give no sign of life until they go on. */
  forgetWorkers(sleeping: Daemon[]): Promise<void>
}

const serve = ['serve', '--port', '0']

/** On both databases at once. */
const onBoth = (work: (place: Place) => Promise<void>) => async () => {
  const release = await makeNextRelease()
  try {
    await Promise.all(kinds.map((kind) => withPlace(kind, release, work)))
  } finally {
    await release.remove()
  }
}

async function withPlace(
  kind: (typeof kinds)[number],
  { bin }: Release,
  work: (place: Place) => Promise<void>,
) {
  const closers = createClosers()
  try {
    const folder = await makeFolder()
    closers.add(folder.remove)
    const postgres = kind === 'PostgreSQL' ? await makePostgres() : undefined
    if (postgres) closers.add(postgres.remove)
    const env = {
      PHOTOCHANGER_DATA_DIR: folder.path,
      ...(postgres && { PHOTOCHANGER_DATABASE_URL: postgres.url }),
    }
    const start = async (args: string[], program?: string) => {
      const daemon = await startDaemon(args, env, program)
      closers.add(() => daemon.stop('SIGKILL'))
      return daemon
    }
    const { ingest_password: password } = JSON.parse((await runProgram(['init', '--json'], env)).stdout)
    const db = postgres
      ? openPostgres({ url: postgres.url, maxConnections: 1, statementTimeoutMs: 5_000 })
      : openSqlite({ path: join(folder.path, 'photochanger.db'), busyTimeoutMs: 5_000 })
    closers.add(() => db.close())
    await work({
      async send({ url }) {
        const answer = await sendPhoto(url, 'slot-001', { password })
        assert.is(answer.status, 200, `${kind}: a photo`)
        return {
          id: answer.headers.get('x-job-id') ?? '',
          picture: Buffer.from(await answer.arrayBuffer()),
        }
      },
      start: (...args) => start(args),
      run: (...args) => runProgram(args, env),
      next: {
        start: (...args) => start(args, bin),
        run: (...args) => runProgram(args, env, undefined, bin),
      },
      version: async () => (await readSchema(db)).version,
      async forgetWorkers(sleeping) {
        const rows = db.query.selectFrom('workers').selectAll()
        await until(async () => (await rows.execute()).length === sleeping.length, 'all live')
        for (const { child } of sleeping) child.kill('SIGSTOP')
        await db.query.deleteFrom('workers').execute()
      },
    })
  } finally {
    await closers.closeAll()
  }
}

test(
  'while the older one lives the newer one waits, then refuses and has changed nothing',
  onBoth(async ({ send, start, next, version }) => {
    const older = await start(...serve)
    const before = await version()
    const refused = next.run(...serve)
    await send(older)
    const { code, stdout, stderr } = await refused
    assert.is(code, 1)
    assert.is(stdout, '')
    assert.match(stderr, /upgrade\.waiting/)
    assert.match(
      stderr,
      new RegExp(`error: Processes of an older version .*serve \\S+:${older.child.pid}.* Stop`),
    )
    assert.is(await version(), before)
    await send(older)
    assert.is(await older.stop(), 0)
  }),
)

test(
  'when the older ones have stopped or died the newer ones go on, and an older one refuses what it does not know',
  onBoth(async ({ send, start, run, next, version }) => {
    const older = await start(...serve)
    const doomed = await start('worker')
    const { id, picture } = await send(older)
    const starting = Promise.all([next.start(...serve), next.start('worker')])
    await doomed.stop('SIGKILL')
    assert.is(await older.stop(), 0)
    const [newer] = await starting
    assert.is(await version(), laterMigration)

    const kept = await fetch(`${newer.url}/public/results/${id}`)
    assert.ok(Buffer.from(await kept.arrayBuffer()).equals(picture))
    for (const args of [serve, ['worker'], ['jobs', 'list'], ['slots', 'reset-stats', 'slot-001']]) {
      const { code, stderr } = await run(...args)
      assert.is(code, 1, args.join(' '))
      assert.match(stderr, /error: The database does not fit this version/)
    }
    assert.is(await version(), laterMigration)
    await send(newer)
  }),
)

test(
  'an older one that was taken for dead stops when it sees what has happened',
  onBoth(async ({ send, start, next, version, forgetWorkers }) => {
    const older = [await start(...serve), await start('worker')]
    await forgetWorkers(older)
    const newer = await next.start(...serve)
    assert.is(await version(), laterMigration)
    for (const { child } of older) child.kill('SIGCONT')
    for (const { ended, output } of older) {
      assert.is(await ended, 1)
      assert.match(
        output.stderr,
        /error: A newer version of photochanger has changed the database \(9999-later\)/,
      )
    }
    await send(newer)
  }),
)

test.run()
