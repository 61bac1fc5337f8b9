import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { dayMs, hourMs } from '../../src/stats/periods.ts'
import { type ApiAnswer, logIn } from '../support/api.ts'
import { createTestClock } from '../support/clock.ts'
import { createRandom } from '../support/random.ts'
import { openTestServer, type TestServer } from '../support/server.ts'

const test = suite('api/stats')

interface Parts extends TestServer {
  call: Awaited<ReturnType<typeof logIn>>
  clock: ReturnType<typeof createTestClock>
}

async function withServer(work: (parts: Parts) => Promise<void>) {
  // Tokens are checked against the real time, so the clock may not run away from it.
  const clock = createTestClock(Date.now())
  const server = await openTestServer({ workers: 0, clock })
  try {
    await work({ ...server, clock, call: await logIn(server) })
  } finally {
    await server.close()
  }
}

type Reason = 'timeout' | 'provider_error' | 'cancelled'

/** Counts a job that ended at that time, as the finalizer does. */
async function end({ app }: Parts, at: number, changes: Record<string, unknown> = {}) {
  await app.db.write((tx) =>
    app.db.executeTogether(
      tx,
      app.stats.record(tx, {
        slotId: 'slot-001',
        providerId: 'local',
        finalizedAt: at,
        elapsedMs: 1000,
        failureReason: undefined as Reason | undefined,
        isDegraded: false,
        costMicroUsd: 0,
        picture: { providerId: 'local', latencyMs: 400 },
        ...changes,
      }),
    ),
  )
}

const failed = (failureReason: Reason) => ({ failureReason, picture: undefined })

/** Some jobs of the last 80 days. */
async function fill(parts: Parts, jobs: number) {
  const random = createRandom(11)
  const reasons = [undefined, undefined, 'timeout', 'provider_error', 'cancelled'] as const
  for (let index = 0; index < jobs; index += 1) {
    const reason = reasons[Math.floor(random() * reasons.length)]
    await end(parts, parts.clock.now() - Math.floor(random() * 80 * dayMs), reason && failed(reason))
  }
}

const fieldOf = ({ body }: ApiAnswer) => body.error.details.fields[0].field
const iso = (at: number) => new Date(at).toISOString()

test('a slot tells two weeks by day, with title and what can be divided', () =>
  withServer(async (parts) => {
    const now = parts.clock.now()
    await end(parts, now, { isDegraded: true, costMicroUsd: 39_000 })
    await end(parts, now - 2 * dayMs)
    await end(parts, now - 2 * dayMs, { ...failed('timeout'), elapsedMs: 4000 })
    await end(parts, now - 2 * dayMs, failed('cancelled'))
    await end(parts, now - 40 * dayMs)
    await end(parts, now, { slotId: 'slot-002' })
    const { status, body } = await parts.call('GET', '/api/stats/slot-001')
    assert.is(status, 200)
    assert.is(body.slot_id, 'slot-001')
    assert.equal(body.range, { from: iso(now - 14 * dayMs), to: iso(now), group_by: 'day' })
    assert.equal(body.summary, {
      title: 'Film noir',
      last_reset_at: null,
      success: 2,
      timeouts: 1,
      provider_errors: 0,
      cancelled: 1,
      errors: 2,
      ingest_count: 4,
      degraded: 1,
      cost_usd: 0.039,
      in_time_share: 2 / 3,
      average_elapsed_ms: 1750,
    })
    assert.is(body.metrics.length, 15)
    const today = now - (now % dayMs)
    assert.equal(body.metrics.at(-1), {
      period_start: iso(today),
      period_end: iso(today + dayMs),
      success: 1,
      timeouts: 0,
      provider_errors: 0,
      cancelled: 0,
      errors: 0,
      ingest_count: 1,
      degraded: 1,
      cost_usd: 0.039,
    })
    const empty = await parts.call('GET', '/api/stats/slot-009')
    assert.equal([empty.body.summary.in_time_share, empty.body.summary.average_elapsed_ms], [null, null])
  }))

test('first and last period count only the whole hours of the range', () =>
  withServer(async (parts) => {
    const yesterday = parts.clock.now() - (parts.clock.now() % dayMs) - dayMs
    for (const hour of [5, 6, 7, 8]) await end(parts, yesterday + hour * hourMs + 1000)
    const range = `from=${iso(yesterday + 6.5 * hourMs)}&to=${iso(yesterday + 8 * hourMs)}`
    const { body } = await parts.call('GET', `/api/stats/slot-001?${range}`)
    assert.equal(
      body.metrics.map((row: Record<string, unknown>) => [row.period_start, row.success]),
      [[iso(yesterday), 2]],
    )
    const byHour = await parts.call('GET', `/api/stats/slot-001?${range}&group_by=hour`)
    assert.equal(
      byHour.body.metrics.map((row: Record<string, unknown>) => [row.period_start, row.success]),
      [
        [iso(yesterday + 6 * hourMs), 1],
        [iso(yesterday + 7 * hourMs), 1],
      ],
    )
  }))

test('all slots tell eight weeks by week, newest first, with percentiles of each provider', () =>
  withServer(async (parts) => {
    const now = parts.clock.now()
    await end(parts, now)
    await end(parts, now, {
      slotId: 'slot-002',
      providerId: 'gemini',
      picture: { providerId: 'gemini', latencyMs: 9000 },
    })
    await end(parts, now - 50 * dayMs, failed('timeout'))
    const { status, body } = await parts.call('GET', '/api/stats/global')
    assert.is(status, 200)
    const { total_runs, errors, ingest_count, success } = body.summary
    assert.equal(
      { total_runs, errors, ingest_count, success },
      { total_runs: 3, errors: 1, ingest_count: 3, success: undefined },
    )
    assert.equal(body.meta, { page: 1, page_size: 50, total: body.data.length })
    assert.ok(body.data.length === 9 || body.data.length === 8)
    assert.is(body.data[0].success, 2)
    assert.is(new Date(body.data[0].period_start).getUTCDay(), 1)
    assert.equal(
      body.providers.map(({ provider_id, calls }: Record<string, unknown>) => [provider_id, calls]),
      [
        ['gemini', 1],
        ['local', 1],
      ],
    )
    assert.ok(Math.abs(body.providers[0].p50_ms / 9000 - 1) < 0.1)

    const gemini = await parts.call('GET', '/api/stats/global?provider_id=gemini')
    assert.is(gemini.body.summary.total_runs, 1)
    assert.is(gemini.body.providers.length, 1)
    const second = await parts.call('GET', '/api/stats/global?slot_id=slot-001')
    assert.is(second.body.summary.total_runs, 2)
  }))

test('pages cut the sorted rows, and together they are all of them', () =>
  withServer(async (parts) => {
    await fill(parts, 150)
    const range = `from=${iso(parts.clock.now() - 85 * dayMs)}&group_by=day`
    for (const [key, order] of [
      ['ingest_count', 'desc'],
      ['errors', 'asc'],
      ['success', 'desc'],
      ['period_start', 'asc'],
    ]) {
      const ask = (page: number) =>
        parts.call(
          'GET',
          `/api/stats/global?${range}&sort_by=${key}&sort_order=${order}&page=${page}&page_size=40`,
        )
      const pages = await Promise.all([1, 2, 3, 4].map(ask))
      assert.equal(
        pages.map(({ body }) => body.data.length),
        [40, 40, 6, 0],
      )
      const rows = pages.flatMap(({ body }) => body.data)
      assert.is(new Set(rows.map((row) => row.period_start)).size, 86)
      const values = rows.map((row) => (key === 'period_start' ? Date.parse(row[key]) : row[key ?? '']))
      const sorted = values.toSorted((a, b) => (order === 'asc' ? a - b : b - a))
      assert.equal(values, sorted, `${key} ${order}`)
      for (const { body } of pages) assert.is(body.summary.total_runs, 150)
      assert.is(pages[3]?.body.meta.total, 86)
    }
  }))

function parseCsv(text: string): Record<string, string>[] {
  const [head = '', ...lines] = text.trimEnd().split('\n')
  const names = head.split(',')
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, index) => [names[index], cell])))
}

test('CSV holds the rows of the JSON, all pages of them, under a name for saving', () =>
  withServer(async (parts) => {
    await fill(parts, 60)
    for (const [path, name] of [
      ['/api/stats/slot-001?', 'slot-001'],
      [`/api/stats/global?from=${iso(parts.clock.now() - 80 * dayMs)}&group_by=day&sort_order=asc`, 'global'],
    ]) {
      const json = await parts.call('GET', `${path}${name === 'global' ? '&page_size=50' : ''}`)
      const rows: Record<string, unknown>[] = json.body.metrics ?? json.body.data
      const csv = await parts.call('GET', `${path}&format=csv${name === 'global' ? '&page_size=5' : ''}`)
      assert.match(csv.headers.get('content-type') ?? '', /^text\/csv/)
      assert.match(csv.headers.get('content-disposition') ?? '', `attachment; filename="stats-${name}-`)
      const parsed = parseCsv(csv.body)
      assert.is(parsed.length, json.body.meta?.total ?? rows.length)
      assert.equal(
        parsed.slice(0, rows.length),
        rows.map((row) =>
          Object.fromEntries(Object.entries(row).map(([key, value]) => [key, String(value)])),
        ),
      )
    }
  }))

test('CSV is asked for by parameter or by Accept, and the parameter wins', () =>
  withServer(async ({ call }) => {
    const typeOf = async (path: string, accept: string) => {
      const { headers } = await call('GET', path, undefined, { accept })
      assert.is(headers.get('vary'), 'Accept')
      return headers.get('content-type')?.split(';')[0]
    }
    for (const path of ['/api/stats/slot-001', '/api/stats/global']) {
      assert.is(await typeOf(path, 'text/csv'), 'text/csv')
      assert.is(await typeOf(path, 'text/html, */*'), 'application/json')
      assert.is(await typeOf(`${path}?format=json`, 'text/csv'), 'application/json')
      assert.is(await typeOf(`${path}?format=csv`, 'application/json'), 'text/csv')
    }
  }))

test('bad ranges and unknown values are refused, and named', () =>
  withServer(async ({ call, clock }) => {
    const at = (days: number) => iso(clock.now() + days * dayMs)
    const refused: [string, string][] = [
      [`slot-001?from=${at(-1)}&to=${at(-2)}`, 'from'],
      [`slot-001?from=${at(1)}&to=${at(2)}`, 'from'],
      [`slot-001?from=${at(-32)}`, 'from'],
      ['slot-001?from=yesterday', 'from'],
      ['slot-001?to=2026-13-01', 'to'],
      ['slot-001?group_by=month', 'group_by'],
      ['slot-001?format=xml', 'format'],
      ['slot-001?provider_id=local', 'provider_id'],
      [`global?from=${at(-91)}`, 'from'],
      ['global?group_by=hour', 'group_by'],
      ['global?page=0', 'page'],
      ['global?page_size=51', 'page_size'],
      ['global?sort_by=cost', 'sort_by'],
      ['global?sort_order=up', 'sort_order'],
      ['global?provider_id=polaroid', 'provider_id'],
      ['global?slot_id=slot-099', 'slot_id'],
    ]
    for (const [path, field] of refused) {
      const answer = await call('GET', `/api/stats/${path}`)
      assert.equal([answer.status, answer.body.error.code], [400, 'invalid_request'], path)
      assert.is(fieldOf(answer), field, path)
    }
    const unknown = await call('GET', '/api/stats/slot-099')
    assert.equal([unknown.status, unknown.body.error.code], [404, 'slot_not_found'])
    assert.is((await call('GET', '/api/stats/global?provider_id=unknown')).status, 200)
  }))

test('a reset starts a slot anew, leaves all slots together as they are, and is audited', () =>
  withServer(async (parts) => {
    const { call, clock } = parts
    await end(parts, clock.now())
    const done = await call('POST', '/api/slots/slot-001/reset_stats')
    assert.equal([done.status, done.body], [204, ''])
    await end(parts, clock.now(), failed('timeout'))
    const { summary } = (await call('GET', '/api/stats/slot-001')).body
    assert.equal([summary.success, summary.timeouts, summary.last_reset_at], [0, 1, iso(clock.now())])
    assert.is((await call('GET', '/api/stats/global')).body.summary.total_runs, 2)
    const { items } = (await call('GET', '/api/audit?action=slot.stats_reset')).body
    assert.equal(
      items.map(({ actor, target, after }: Record<string, unknown>) => ({ actor, target, after })),
      [{ actor: 'serg', target: 'slot-001', after: { last_reset_at: iso(clock.now()) } }],
    )
    assert.is((await call('POST', '/api/slots/slot-099/reset_stats')).status, 404)
  }))

test.run()
