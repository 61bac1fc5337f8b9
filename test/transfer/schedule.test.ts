import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openDatabaseFile } from '../../src/open-database.ts'
import { openArchive } from '../../src/transfer/archive-reader.ts'
import { longestPauseMs } from '../../src/transfer/longest-pause.ts'
import { backupNameAt, rotateBackups } from '../../src/transfer/rotation.ts'
import { startBackups, takeTurn } from '../../src/transfer/schedule.ts'
import { createTestClock } from '../support/clock.ts'
import { makeFolder } from '../support/folder.ts'
import { never, passphrase } from '../support/installation.ts'
import { openTestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('transfer/schedule')
const day = 86_400_000

test('the newest stay, and what is no backup stays too', async () => {
  const folder = await makeFolder()
  const now = Date.UTC(2026, 5, 5)
  const names = [0, 1, 2, 3, 4].map((days) => backupNameAt(now - days * day))
  const others = ['holiday.zip', 'photochanger-notes.txt', `${backupNameAt(now)}.old`]
  for (const name of [...names, ...others]) await writeFile(join(folder.path, name), '')
  const old = `${backupNameAt(now - 9 * day)}.partial`
  const young = `${backupNameAt(now)}.partial`
  for (const name of [old, young]) await writeFile(join(folder.path, name), '')
  await utimes(join(folder.path, old), (now - 9 * day) / 1000, (now - 9 * day) / 1000)
  await utimes(join(folder.path, young), now / 1000, now / 1000)
  const removed = await rotateBackups(folder.path, 2, now)
  assert.equal(removed.sort(), [...names.slice(2), old].sort())
  assert.equal((await readdir(folder.path)).sort(), [...names.slice(0, 2), ...others, young].sort())
  await folder.remove()
})

test('turns make backups with the secrets, one for all servers, and keep as many as wanted', async () => {
  const folder = await makeFolder()
  const clock = createTestClock(Date.now())
  const settings = {
    backup_dir: join(folder.path, 'backups'),
    backup_keep: '2',
    backup_passphrase: passphrase,
  }
  const server = await openTestServer({ workers: 0, clock, ...settings })
  const other = await openTestServer({ workers: 0, clock, ...settings, at: server.settings })
  for (let turn = 0; turn < 3; turn += 1) {
    await Promise.all([server, other].map(({ app }) => takeTurn({ ...app, openDatabaseFile }, never)))
    clock.advance(day)
  }
  const logged = [...server.logged, ...other.logged].filter(({ event }) =>
    String(event).startsWith('backup.'),
  )
  assert.equal(
    logged.map(({ event, with_secrets }) => [event, with_secrets]),
    Array.from({ length: 3 }, () => ['backup.done', true]),
  )
  const kept = await readdir(join(folder.path, 'backups'))
  assert.is(kept.length, 2)
  const archive = await openArchive(join(folder.path, 'backups', kept[0] ?? ''))
  assert.ok('secrets.age' in archive.manifest.entries)
  archive.close()
  await other.close()
  await server.close()
  await folder.remove()
})

test('the longest pause of a timetable is that of its quietest days', () => {
  assert.is(longestPauseMs(['30 4 * * *']), day)
  assert.is(longestPauseMs(['0 6 * * *', '0 18 * * *']), day / 2)
  assert.is(longestPauseMs(['0 4,16 * * 1-5']), 2.5 * day)
})

test('one that never came, one that failed and one that is old are told, and no longer after a good one', async () => {
  const folder = await makeFolder()
  const clock = createTestClock(Date.now())
  const dir = join(folder.path, 'backups')
  const server = await openTestServer({
    workers: 0,
    clock,
    backup_dir: dir,
    backup_schedule: '04:30',
  })
  const { app } = server
  const deps = { ...app, openDatabaseFile }
  const told = async () =>
    (await app.health.listConcerns()).map(({ key }) => key).filter((key) => key.startsWith('backup_'))
  const metric = async (name: string) => {
    const page = await (await fetch(`${server.url}/metrics`)).text()
    return page
      .split('\n')
      .find((line) => line.startsWith(`photochanger_${name} `))
      ?.split(' ')[1]
  }

  const backups = startBackups(deps, ['30 4 * * *'])
  await until(async () => (await app.upkeep.backupRecord.read()).since !== undefined, 'it has begun')
  await backups.stop()
  assert.equal(await told(), [])
  assert.is(await metric('backup_last_success_timestamp_seconds'), undefined)
  clock.advance(day + 2 * 3_600_000)
  assert.equal(await told(), ['backup_missing'])

  await mkdir(dir)
  const obstacle = join(dir, backupNameAt(clock.now()))
  await writeFile(obstacle, 'in the way')
  await takeTurn(deps, never)
  assert.equal(await told(), ['backup_failed'])

  clock.advance(day)
  const madeAt = clock.now()
  await takeTurn(deps, never)
  assert.equal(await told(), [])
  assert.is(Number(await metric('backup_last_success_timestamp_seconds')), madeAt / 1000)
  assert.is(await metric('backups_total{outcome="failed"}'), '1')

  clock.advance(2 * day + 1)
  assert.equal(await told(), ['backup_old'])
  await server.close()
  await folder.remove()
})

test('one that fails is logged, and the backups before stay', async () => {
  const folder = await makeFolder()
  const clock = createTestClock(Date.now())
  const dir = join(folder.path, 'backups')
  const server = await openTestServer({ workers: 0, clock, backup_dir: dir, backup_keep: '1' })
  await mkdir(dir)
  const before = backupNameAt(clock.now() - day)
  await writeFile(join(dir, before), 'the last good one')
  await writeFile(join(dir, backupNameAt(clock.now())), 'in the way')
  await takeTurn({ ...server.app, openDatabaseFile }, never)
  assert.ok(server.logged.some(({ event }) => event === 'backup.failed'))
  assert.ok((await readdir(dir)).includes(before))
  await server.close()
  await folder.remove()
})

test.run()
