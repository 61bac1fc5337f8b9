import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArchive } from '../../src/gallery/archive.ts'
import { createPictures } from '../../src/jobs/pictures.ts'
import { logIn } from '../support/api.ts'
import { addPicture } from '../support/finished.ts'
import { landscape, portrait } from '../support/photos.ts'
import { type ClockedServer, withClockedServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { readZip } from '../support/zip.ts'

const test = suite('gallery/archive')

const withServer = (work: (server: ClockedServer) => Promise<void>) =>
  withClockedServer(work, Date.UTC(2026, 5, 5, 18, 31, 7))

async function fetchZip({ app, url }: ClockedServer, query = '') {
  const { accessToken } = await app.sessions.issue({ username: 'serg', permissions: ['stats:read'] })
  const headers = { authorization: `Bearer ${accessToken}` }
  const response = await fetch(`${url}/pictures.zip${query}`, { headers })
  return { response, files: readZip(Buffer.from(await response.arrayBuffer())) }
}

test('all pictures come in one archive, named by slot and time, byte for byte', () =>
  withServer(async (server) => {
    const { app, clock } = server
    const first = await addPicture(app)
    clock.advance(61_000)
    const second = await addPicture(app, { slotId: 'slot-002', photo: landscape })
    await addPicture(app, { isTest: true })
    const { response, files } = await fetchZip(server)
    assert.is(response.headers.get('content-type'), 'application/zip')
    assert.match(
      response.headers.get('content-disposition') ?? '',
      /attachment; filename="pictures-all-2026-06-05\.zip"/,
    )
    const names = [
      `slot-002/2026-06-05_18-32-08_${second.slice(-8)}.jpg`,
      `slot-001/2026-06-05_18-31-07_${first.slice(-8)}.jpg`,
    ]
    assert.equal([...files.keys()], names)
    assert.equal(files.get(names[0] ?? ''), await readFile(landscape))
    assert.equal(files.get(names[1] ?? ''), await readFile(portrait))
  }))

test('slot, period and time zone are followed; what the summary counts is what comes', () =>
  withServer(async (server) => {
    const { app, clock } = server
    await addPicture(app)
    clock.advance(3_600_000)
    await addPicture(app)
    await addPicture(app, { slotId: 'slot-002' })
    clock.advance(3_600_000)
    await addPicture(app)
    clock.advance(1)
    const period = 'from=2026-06-05T19:00:00Z&to=2026-06-05T20:00:00Z'
    const { files } = await fetchZip(server, `?slot=slot-001&${period}&time_zone=Asia/Tokyo`)
    assert.is(files.size, 1)
    assert.match([...files.keys()][0] ?? '', /^slot-001\/2026-06-06_04-31-07_/)
    const call = await logIn(server)
    const sum = await call('GET', `/api/pictures/summary?slot_id=slot-001&${period}`)
    assert.equal(sum.body, { pictures: 1, size_bytes: (await readFile(portrait)).length })
    assert.equal((await call('GET', '/api/pictures/summary')).body.pictures, 4)
  }))

test('a file that has gone is named instead of breaking the archive', () =>
  withServer(async (server) => {
    const { app } = server
    const gone = await addPicture(app)
    await addPicture(app)
    await app.store.remove(`results/${gone}.jpg`)
    const { files } = await fetchZip(server)
    assert.is(files.size, 2)
    assert.is(files.get('MISSING.txt')?.toString(), `slot-001/2026-06-05_18-31-07_${gone.slice(-8)}.jpg\n`)
  }))

test('an archive of nothing is a whole archive', () =>
  withServer(async (server) => {
    assert.is((await fetchZip(server)).files.size, 0)
  }))

test('more pictures than one page of the list all come', () =>
  withServer(async (server) => {
    const { app } = server
    const id = await addPicture(app)
    const row = await app.db.query
      .selectFrom('jobs')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    for (let at = 0; at < 450; at += 1) {
      await app.db.query
        .insertInto('jobs')
        .values({ ...row, id: `${id.slice(0, -4)}${String(at).padStart(4, '0')}` })
        .execute()
    }
    const { files } = await fetchZip(server)
    assert.is(files.size, 451)
  }))

test('files are opened one after the other, only as fast as somebody reads, and none after he has gone', () =>
  withServer(async ({ app, clock }) => {
    for (let at = 0; at < 12; at += 1) await addPicture(app)
    let opened = 0
    const open = new Set<unknown>()
    let mostAtOnce = 0
    const store = {
      async read(key: string) {
        const file = await app.store.read(key)
        if (!file) return undefined
        opened += 1
        open.add(file.stream)
        mostAtOnce = Math.max(mostAtOnce, open.size)
        file.stream.once('close', () => open.delete(file.stream))
        return file
      },
    }
    const pictures = createPictures({ db: app.db, clock })
    const archive = openArchive({ pictures, store }, {}, 'UTC')
    const reading = archive[Symbol.asyncIterator]()
    await reading.next()
    await until(() => opened > 0, 'the first file is opened')
    // Nobody reads on: buffers hold a little, and then it stands still.
    for (let quiet = 0, before = opened; quiet < 20; quiet += 1) {
      await new Promise(setImmediate)
      if (opened !== before) quiet = 0
      before = opened
    }
    assert.ok(opened < 12, `${opened} of 12 files opened`)
    const openedBefore = opened
    archive.destroy()
    await until(() => open.size === 0, 'the open file is closed')
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
    assert.ok(opened <= openedBefore + 1)
    assert.is(mostAtOnce, 1)
  }))

test('it needs a login and the right; a browser is led to the login', () =>
  withServer(async ({ app, url }) => {
    const answer = await fetch(`${url}/pictures.zip`, {
      redirect: 'manual',
      headers: { accept: 'text/html' },
    })
    assert.equal([answer.status, answer.headers.get('location')], [302, '/login?next=/pictures'])
    const program = await fetch(`${url}/pictures.zip`, {
      redirect: 'manual',
      headers: { accept: 'application/zip' },
    })
    assert.is(program.status, 401)
    const { accessToken } = await app.sessions.issue({ username: 'igor', permissions: ['stats:read'] })
    await app.accounts.add({ username: 'slots-only', permissions: ['slots:write'] }, 'a test')
    const other = await app.sessions.issue({ username: 'slots-only', permissions: ['slots:write'] })
    assert.ok(accessToken)
    const refused = await fetch(`${url}/pictures.zip`, {
      headers: { authorization: `Bearer ${other.accessToken}` },
    })
    assert.is(refused.status, 403)
    const bad = await fetch(`${url}/pictures.zip?from=yesterday`, {
      headers: { authorization: `Bearer ${accessToken}` },
    })
    assert.is(bad.status, 400)
  }))

test.run()
