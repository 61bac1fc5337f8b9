import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createUsageReader } from '../../src/ops/usage.ts'
import { createGate, type Gate } from '../support/gate.ts'
import { rejectionOf } from '../support/rejection.ts'

const test = suite('ops/usage')

/** A store whose counts the test ends, on a clock that it moves. */
function setup() {
  let now = 0
  const counts: Gate<{ usedBytes: number; freeBytes: undefined }>[] = []
  const store = {
    usage() {
      const gate = createGate<{ usedBytes: number; freeBytes: undefined }>()
      counts.push(gate)
      return gate.promise
    },
  }
  const read = createUsageReader(store, () => now)
  return {
    read,
    counts,
    advance(ms: number) {
      now += ms
    },
    finish: (usedBytes: number) => counts.at(-1)?.open({ usedBytes, freeBytes: undefined }),
  }
}

test('a count stands for a minute; who asks later gets it while it is counted anew', async () => {
  const { read, counts, advance, finish } = setup()
  const first = read()
  finish(1)
  assert.is((await first).usedBytes, 1)
  advance(60_000)
  await read()
  assert.is(counts.length, 1)
  advance(1)
  assert.is((await read()).usedBytes, 1)
  await read()
  assert.is(counts.length, 2)
  finish(2)
  await counts[1]?.promise
  assert.is((await read()).usedBytes, 2)
})

test('a count that takes long stands sixty times as long', async () => {
  const { read, counts, advance, finish } = setup()
  const first = read()
  advance(10_000)
  finish(1)
  await first
  advance(600_000)
  await read()
  assert.is(counts.length, 1)
  advance(1)
  await read()
  assert.is(counts.length, 2)
})

test('a first count that fails is told, and tried again', async () => {
  const { read, counts, finish } = setup()
  const first = read()
  counts[0]?.breakWith(new Error('away'))
  assert.is((await rejectionOf(first)).message, 'away')
  const second = read()
  finish(3)
  assert.is((await second).usedBytes, 3)
})

test.run()
