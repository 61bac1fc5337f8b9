import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createEchoProvider } from '../../src/providers/echo.ts'
import type { Operation, Task } from '../../src/providers/provider.ts'
import { providerContract } from '../suites/provider.suite.ts'
import { makeFolder } from '../support/folder.ts'
import { portrait } from '../support/photos.ts'
import { rejectionOf } from '../support/rejection.ts'
import { taskIn } from '../support/task.ts'

providerContract('echo', async () => ({
  provider: createEchoProvider(),
  cases: [
    { operation: 'echo', settings: {}, templates: {} },
    { operation: 'echo', settings: { delay_ms: 1 }, templates: {} },
  ],
  decodes: false,
  close: async () => {},
}))

const test = suite('providers/echo')
function getEcho(): Operation {
  const { echo } = createEchoProvider().operations
  if (!echo) throw new Error('There is no operation echo.')
  return echo
}

async function withTask(changes: Partial<Task>, use: (task: Task) => Promise<void>): Promise<void> {
  const folder = await makeFolder()
  try {
    await use(taskIn(folder.path, changes))
  } finally {
    await folder.remove()
  }
}

test('the photo comes back byte for byte, as a file of its own', async () => {
  await withTask({}, async (task) => {
    const picture = await getEcho().run(task)
    assert.is.not(picture.path, portrait)
    assert.is(picture.mime, 'image/jpeg')
    assert.equal(await readFile(picture.path), await readFile(portrait))
  })
})

test('HEIC is taken without decoding it', async () => {
  await withTask({ photo: { path: portrait, mime: 'image/heic' } }, async (task) => {
    const picture = await getEcho().run(task)
    assert.is(picture.mime, 'image/heic')
    assert.match(picture.path, /\.heic$/)
  })
  assert.ok(getEcho().accepts.includes('image/heif'))
})

test('a rehearsed failure has the code that was asked for', async () => {
  await withTask({ settings: { fail: 'content_blocked' } }, async (task) => {
    const error = await rejectionOf(getEcho().run(task))
    assert.is(error.code, 'content_blocked')
  })
})

test('a long delay ends with the signal', async () => {
  const controller = new AbortController()
  const reason = new Error('the window has closed')
  await withTask({ settings: { delay_ms: 120_000 }, signal: controller.signal }, async (task) => {
    const call = rejectionOf(getEcho().run(task))
    controller.abort(reason)
    assert.is(await call, reason)
  })
})

test('only failures of the provider vocabulary and delays up to two minutes can be rehearsed', () => {
  const { settings } = getEcho()
  assert.equal(settings.parse({}), { delay_ms: 0 })
  assert.not(settings.safeParse({ fail: 'invalid_request' }).success)
  assert.not(settings.safeParse({ delay_ms: 120_001 }).success)
})

test.run()
