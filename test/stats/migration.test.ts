import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { migrate } from '../../src/db/migrate.ts'
import { dayMs, hourMs } from '../../src/stats/periods.ts'
import { createStats } from '../../src/stats/stats.ts'
import { makeDatabase } from '../support/backends.ts'
import { makeFolder } from '../support/folder.ts'

const test = suite('stats/migration')
const bundled = fileURLToPath(new URL('../../db/migrations', import.meta.url))

test('figures from before providers were counted are kept, under the provider that the slot has now', async () => {
  const folder = await makeFolder()
  const database = await makeDatabase({ isEmpty: true })
  const db = database.open()
  try {
    const older = join(folder.path, 'migrations')
    await mkdir(older)
    for (const file of await readdir(bundled))
      if (file < '0008') await copyFile(join(bundled, file), join(older, file))
    await migrate(db, older)
    const day = Date.UTC(2026, 9, 5)
    // A slot with a provider, and one without.
    for (const [slot, at, success] of [
      ['slot-001', day + 5 * hourMs, 10],
      ['slot-001', day + 23 * hourMs, 20],
      ['slot-001', day + 24 * hourMs, 40],
      ['slot-004', day + 5 * hourMs, 80],
    ] as const) {
      await sql`insert into stats_hourly values (${slot}, ${at}, ${success}, 1, 2, 3, 4, 5000)`.execute(
        db.query,
      )
    }
    const ran = await migrate(db)
    assert.ok(ran.includes('0008-statistics'))

    const stats = createStats({ db })
    const range = { from: day - dayMs, to: day + 3 * dayMs }
    const successes = async (more: Parameters<typeof stats.read>[0]) =>
      (await stats.read(more)).rows.map(({ success }) => success)
    assert.equal(await successes({ ...range, grouping: 'day' }), [0, 110, 40, 0])
    assert.equal(await successes({ ...range, grouping: 'day', providerId: 'local' }), [0, 30, 40, 0])
    assert.equal(await successes({ ...range, grouping: 'day', providerId: 'unknown' }), [0, 80, 0, 0])
    const hours = await successes({ from: day, to: day + dayMs, grouping: 'hour', slotId: 'slot-001' })
    assert.equal([hours[5], hours[23], hours[6]], [10, 20, 0])
    const { summary } = await stats.read({ ...range, grouping: 'week', slotId: 'slot-001' })
    assert.equal(summary, {
      success: 70,
      timeouts: 3,
      providerErrors: 6,
      cancelled: 9,
      errors: 18,
      ingestCount: 88,
      degraded: 12,
      costMicroUsd: 15_000,
      elapsedMs: 0,
      elapsedCount: 0,
    })
  } finally {
    await database.remove()
    await folder.remove()
  }
})

test.run()
