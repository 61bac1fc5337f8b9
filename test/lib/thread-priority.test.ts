// Who goes first on a busy machine.
import { readdirSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { getPriority, platform } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { favourEventLoop } from '../../src/lib/thread-priority.ts'

const test = suite('lib/thread-priority')

test('all threads but the event loop step back', async () => {
  await stat('.') // Starts the thread pool.
  const before = getPriority(process.pid)
  const count = favourEventLoop()
  if (platform() !== 'linux') return assert.is(count, 0)
  assert.is(getPriority(process.pid), before)
  const others = readdirSync('/proc/self/task')
    .map(Number)
    .filter((id) => id !== process.pid)
  assert.is(count, others.length)
  assert.ok(count >= 4)
  for (const id of others) assert.is(getPriority(id), 10)
})

test.run()
