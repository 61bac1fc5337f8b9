import { CompiledQuery } from 'kysely'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { callerWith, logIn } from '../support/api.ts'
import { addPicture, startJob } from '../support/finished.ts'
import { explain } from '../support/query-plan.ts'
import { withClockedServer } from '../support/server.ts'

const test = suite('api/pictures')

const idsOf = (body: { items: { job_id: string }[] }) => body.items.map(({ job_id }) => job_id)

test('pictures come newest first, page by page, each once, also where many ended in the same moment', () =>
  withClockedServer(async (server) => {
    const { app, clock } = server
    const call = await logIn(server)
    const ids: string[] = []
    for (let at = 0; at < 7; at += 1) {
      if (at % 3 === 0) clock.advance(5)
      ids.unshift(await addPicture(app))
    }
    await startJob(app) // Has no picture yet.
    const seen: string[] = []
    let before = ''
    do {
      const { body } = await call('GET', `/api/pictures?page_size=2${before && `&before=${before}`}`)
      seen.push(...idsOf(body))
      before = body.next
    } while (before)
    assert.equal(seen, ids)
  }))

test('a slot’s own can be asked for; expired and erased ones are left out, tests say that they are', () =>
  withClockedServer(async (server) => {
    const { app, clock } = server
    await addPicture(app, { slotId: 'slot-002' })
    clock.advance(72 * 3_600_000)
    const call = await logIn(server)
    const kept = await addPicture(app, {
      slotId: 'slot-002',
      fields: { name: ' BOOTH-7 ' },
      degradedReason: 'no_image',
    })
    const erased = await addPicture(app, { slotId: 'slot-002' })
    const tested = await addPicture(app, { slotId: 'slot-002', isTest: true })
    await addPicture(app, { slotId: 'slot-001' })
    await call('DELETE', `/api/jobs/${erased}/result`)
    const { body } = await call('GET', '/api/pictures?slot_id=slot-002')
    const byId = Object.fromEntries(body.items.map((item: { job_id: string }) => [item.job_id, item]))
    assert.equal(Object.keys(byId).sort(), [kept, tested].sort())
    assert.is(byId[tested].is_test, true)
    const { booth_name, degraded_reason, provider_id, share_url, is_test } = byId[kept]
    assert.equal(
      { booth_name, degraded_reason, provider_id, share_url, is_test },
      {
        booth_name: 'BOOTH-7',
        degraded_reason: 'no_image',
        provider_id: 'echo',
        share_url: app.links.share(kept),
        is_test: false,
      },
    )
  }))

test('only accounts that may erase get the address that may delete', () =>
  withClockedServer(async (server) => {
    const { app, url } = server
    const id = await addPicture(app)
    const all = await (await logIn(server))('GET', '/api/pictures')
    assert.is(all.body.items[0].owner_url, app.links.ownShare(id))
    await app.accounts.add({ username: 'watcher', permissions: ['stats:read'] }, 'a test')
    const { accessToken } = await app.sessions.issue({ username: 'watcher', permissions: ['stats:read'] })
    const watched = await callerWith(url, { authorization: `Bearer ${accessToken}` })('GET', '/api/pictures')
    assert.is(watched.body.items[0].owner_url, null)
  }))

test('the list is read through an index that holds pictures only', () =>
  withClockedServer(async ({ app }) => {
    const plan = (where: string) =>
      explain(
        app.db,
        'jobs',
        CompiledQuery.raw(
          `select id from jobs where result_file_path is not null and finalized_at <= 9 ${where}
           order by finalized_at desc, id desc limit 48`,
        ),
      )
    const ofAll = await plan('')
    assert.equal(ofAll, { steps: [{ index: 'jobs_pictures', isRange: true }], sorts: 0 })
    const { steps } = await plan("and slot_id = 'slot-001'")
    assert.equal(steps, [{ index: 'jobs_recent_results', isRange: true }])
  }))

test('a position that is none is refused', () =>
  withClockedServer(async (server) => {
    const answer = await (await logIn(server))('GET', '/api/pictures?before=yesterday')
    assert.equal([answer.status, answer.body.error.details.fields[0].field], [400, 'before'])
  }))

test.run()
