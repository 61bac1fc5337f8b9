import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { createAudit } from '../../src/audit/audit.ts'
import { migrate } from '../../src/db/migrate.ts'
import type { AppError } from '../../src/errors.ts'
import { createLocalProvider } from '../../src/providers/local/local.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { createSlotVersions } from '../../src/slots/slot-versions.ts'
import { createSlots } from '../../src/slots/slots.ts'
import { makeDatabase } from '../support/backends.ts'
import { createTestClock } from '../support/clock.ts'
import { rejectionOf } from '../support/rejection.ts'

const test = suite('slots/slots')

const settings = z.strictObject({
  strength: z.number().min(0).max(100).default(50),
  needs_face: z.boolean().optional(),
})

const provider: Provider = {
  id: 'studio',
  title: 'Studio',
  operations: {
    paint: {
      title: 'Paint',
      settings,
      accepts: ['image/jpeg'],
      needs: (parsed) => (settings.parse(parsed).needs_face ? ['face'] : []),
      run: async ({ photo }) => photo,
    },
  },
}

async function setup(templateKeys: string[] = []) {
  const database = await makeDatabase()
  const db = database.open()
  await migrate(db)
  const clock = createTestClock()
  const providers = new Map([provider, createLocalProvider()].map((one) => [one.id, one]))
  const audit = createAudit({ db, clock })
  const slots = createSlots({
    db,
    clock,
    providers,
    listTemplateKeys: async () => templateKeys,
    recordAudit: audit.record,
  })
  return { db, close: database.remove, clock, slots, audit, versions: createSlotVersions({ db }) }
}

const paint = { providerId: 'studio', operationId: 'paint' }
const errorOf = async (work: Promise<unknown>): Promise<AppError> => (await rejectionOf(work)) as AppError

test('there are 15 slots, three of them preset', async () => {
  const { slots, close } = await setup()
  const list = await slots.list()
  assert.equal([list[0]?.id, list.at(-1)?.id, list.length], ['slot-001', 'slot-015', 15])
  assert.equal(
    list.filter(({ providerId }) => providerId !== undefined).map(({ id }) => id),
    ['slot-001', 'slot-002', 'slot-003'],
  )
  await close()
})

test('an update changes what it names, counts the version and says who', async () => {
  const { slots, close, clock } = await setup()
  const slot = await slots.update('slot-004', {
    ...paint,
    name: 'Oil',
    settings: { strength: 10 },
    updatedBy: 'serg',
  })
  assert.equal([slot.name, slot.version, slot.updatedBy, slot.updatedAt], ['Oil', 2, 'serg', clock.now()])
  const renamed = await slots.update('slot-004', { name: 'Watercolour' })
  assert.equal([renamed.providerId, renamed.settings, renamed.version], ['studio', { strength: 10 }, 3])
  await close()
})

test('bad settings are refused with every field named, and the slot stays as it was', async () => {
  const { slots, close } = await setup()
  const before = await slots.get('slot-004')
  const wrong = { strength: 200, colour: 'red', cancel_on_disconnect: 'maybe' }
  const error = await errorOf(slots.update('slot-004', { ...paint, settings: wrong }))
  assert.is(error.code, 'invalid_settings')
  const fields = Object.values(error.details?.fields ?? []).map(
    ({ field, message }: Record<string, string>) => `${field} ${message}`,
  )
  assert.ok(fields.some((text) => text.startsWith('settings_json.strength')))
  assert.ok(fields.some((text) => text.includes('colour')))
  assert.ok(fields.some((text) => text.startsWith('settings_json.cancel_on_disconnect')))
  assert.equal(await slots.get('slot-004'), before)
  await close()
})

test('an unknown provider or operation is refused with those that exist', async () => {
  const { slots, close } = await setup()
  assert.match(
    (await errorOf(slots.update('slot-004', { providerId: 'x', operationId: 'paint' }))).message,
    'studio',
  )
  assert.match(
    (await errorOf(slots.update('slot-004', { providerId: 'studio', operationId: 'x' }))).message,
    'paint',
  )
  await close()
})

test('a slot that needs a template cannot be set without it', async () => {
  const without = await setup()
  const error = await errorOf(without.slots.update('slot-004', { ...paint, settings: { needs_face: true } }))
  assert.match(error.message, 'face')
  await without.close()
  const withFace = await setup(['face'])
  await withFace.slots.update('slot-004', { ...paint, settings: { needs_face: true } })
  await withFace.close()
})

test('only a configured, switched-on slot is open, with its settings complete', async () => {
  const { slots, close } = await setup()
  assert.is((await errorOf(slots.getOpen('slot-004'))).code, 'slot_not_found')
  assert.is((await errorOf(slots.getOpen('slot-099'))).code, 'slot_not_found')
  await slots.update('slot-004', { ...paint, settings: { cancel_on_disconnect: true } })
  const open = await slots.getOpen('slot-004')
  assert.equal(open.first.settings, { strength: 50 })
  assert.is(open.slotWide.cancel_on_disconnect, true)
  await slots.update('slot-004', { isEnabled: false })
  assert.is((await errorOf(slots.getOpen('slot-004'))).code, 'slot_not_found')
  await close()
})

test('a stored slot whose settings no longer fit is closed, not a crash', async () => {
  const { slots, db, close } = await setup()
  await slots.update('slot-004', paint)
  await db.query
    .updateTable('slots')
    .set({ settings_json: '{"old":true}' })
    .where('id', '=', 'slot-004')
    .execute()
  assert.is((await errorOf(slots.getOpen('slot-004'))).code, 'slot_not_found')
  await close()
})

test.run()
