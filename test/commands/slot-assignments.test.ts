import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { collectAssignment, readSettings } from '../../src/commands/slot-assignments.ts'
import type { Slot } from '../../src/slots/slot.ts'
import { makeFolder } from '../support/folder.ts'
import { rejectionOf } from '../support/rejection.ts'

const test = suite('commands/slot-assignments')

const collect = (...texts: string[]) =>
  texts.reduce<Record<string, unknown>>((all, text) => collectAssignment(text, all), {})

const current: Slot = {
  id: 'slot-004',
  name: 'Four',
  providerId: 'local',
  operationId: 'combine',
  settings: { filter: { effect: 'noir', strength: 50 }, quality: 80 },
  isEnabled: true,
  version: 1,
  createdAt: 0,
  updatedAt: 0,
  updatedBy: undefined,
}

test('numbers, booleans and JSON are read as such, anything else is text, and dots reach into objects', () => {
  assert.equal(collect('a=1', 'b=true', 'c=noir', 'd.e=x=y', 'd.f=[1,2]', 'g='), {
    a: 1,
    b: true,
    c: 'noir',
    d: { e: 'x=y', f: [1, 2] },
    g: '',
  })
})

test('what is no assignment is refused', () => {
  for (const text of ['noir', '=x', 'A=1', 'a..b=1']) assert.throws(() => collect(text), /key=value/)
})

test('no assignment reaches what all objects share', () => {
  collect('__proto__.polluted=1')
  assert.is(({} as Record<string, unknown>).polluted, undefined)
})

test('assignments go on top of the present settings of the same operation', async () => {
  const set = collect('filter.strength=70', 'quality=90')
  assert.equal(await readSettings(current, { set }), {
    filter: { effect: 'noir', strength: 70 },
    quality: 90,
  })
})

test('another operation starts from nothing', async () => {
  assert.equal(await readSettings(current, { operation: 'filter', set: collect('effect=warm') }), {
    effect: 'warm',
  })
})

test('a file replaces all settings, and what is no object is refused', async () => {
  const folder = await makeFolder()
  const path = join(folder.path, 'settings.json')
  await writeFile(path, '{"quality": 70}')
  assert.equal(await readSettings(current, { settings: path, set: collect('a=1') }), { quality: 70, a: 1 })
  await writeFile(path, '[1]')
  const error = await rejectionOf(readSettings(current, { settings: path, set: {} }))
  assert.is(error.code, 'invalid_usage')
  assert.match(error.message, path)
  await folder.remove()
})

test.run()
