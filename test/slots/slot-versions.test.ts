import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { migrate } from '../../src/db/migrate.ts'
import type { SlotContent } from '../../src/slots/slot.ts'
import { diffSlots } from '../../src/slots/slot-diff.ts'
import { createSlotVersions } from '../../src/slots/slot-versions.ts'
import { makeDatabase } from '../support/backends.ts'
import { makeFolder } from '../support/folder.ts'

const test = suite('slots/slot-versions')

const bundled = fileURLToPath(new URL('../../db/migrations', import.meta.url))

test('an installation from before keeps its slots as their first known version', async () => {
  const folder = await makeFolder()
  const older = join(folder.path, 'older')
  await mkdir(older)
  for (const file of await readdir(bundled)) {
    if (file < '0006') await copyFile(join(bundled, file), join(older, file))
  }
  const database = await makeDatabase({ isEmpty: true })
  const db = database.open()
  try {
    await migrate(db, older)
    await db.query
      .updateTable('slots')
      .set({ name: 'Wedding', version: 7, updated_at: 1234, updated_by: 'igor' })
      .where('id', '=', 'slot-002')
      .execute()
    await migrate(db)
    const { items, total } = await createSlotVersions({ db }).list('slot-002', { offset: 0, limit: 10 })
    assert.is(total, 1)
    assert.equal(items, [
      {
        name: 'Wedding',
        providerId: 'local',
        operationId: 'filter',
        settings: { effect: 'pop-art' },
        isEnabled: true,
        version: 7,
        createdAt: 1234,
        createdBy: 'igor',
        comment: undefined,
        changes: [],
      },
    ])
  } finally {
    await database.remove()
    await folder.remove()
  }
})

const content = (settings: Record<string, unknown>): SlotContent => ({
  name: 'Noir',
  providerId: 'local',
  operationId: 'combine',
  settings,
  isEnabled: true,
})

test('what differs is named by its path, with what was there before and after', () => {
  const before = content({ filter: { effect: 'noir', strength: 50 }, steps: ['a', 'b'], old: true })
  const after = content({ filter: { effect: 'warm', strength: 50 }, steps: ['a', 'c', 'd'], fresh: 0 })
  assert.equal(
    diffSlots(before, after).sort((one, other) => (one.path < other.path ? -1 : 1)),
    [
      { path: 'settings_json.filter.effect', before: 'noir', after: 'warm' },
      { path: 'settings_json.fresh', before: undefined, after: 0 },
      { path: 'settings_json.old', before: true, after: undefined },
      { path: 'settings_json.steps.1', before: 'b', after: 'c' },
      { path: 'settings_json.steps.2', before: undefined, after: 'd' },
    ],
  )
  assert.equal(diffSlots(before, content({ ...before.settings })), [])
  assert.equal(diffSlots(before, { ...before, providerId: undefined, operationId: undefined }), [
    { path: 'provider_id', before: 'local', after: null },
    { path: 'operation_id', before: 'combine', after: null },
  ])
})

test.run()
