import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../src/errors.ts'
import { type PollAnswer, submitAndPoll } from '../../src/providers/poll.ts'
import { rejectionOf } from '../support/rejection.ts'

const test = suite('providers/poll')

const away = new AppError('provider_unavailable')

type Look = PollAnswer<string> | Error

interface Changes {
  reference?: string
  signal?: AbortSignal
  everyMs?: number
  save?: () => Promise<void>
}

/** A vendor that answers one poll after the other, and a diary of what was done with it. */
function poll(looks: Look[], changes: Changes = {}) {
  const diary: string[] = []
  const outcome = submitAndPoll<string>({
    signal: changes.signal ?? new AbortController().signal,
    reference: changes.reference,
    everyMs: changes.everyMs ?? 1,
    async submit() {
      diary.push('submit')
      return 'entry-1'
    },
    async saveReference(reference) {
      diary.push(`save ${reference}`)
      await changes.save?.()
    },
    async poll(reference) {
      diary.push(`poll ${reference}`)
      const look = looks.shift()
      if (!look) throw new Error('polled too often')
      if (look instanceof Error) throw look
      return look
    },
  })
  return { diary, outcome }
}

const running: Look = { state: 'running' }
const done: Look = { state: 'done', result: 'a picture' }

test('what was accepted is stored before the first poll, and polled until it is done', async () => {
  const { diary, outcome } = poll([running, running, done])
  assert.is(await outcome, 'a picture')
  assert.equal(diary, ['submit', 'save entry-1', 'poll entry-1', 'poll entry-1', 'poll entry-1'])
})

test('nothing is polled that could not be stored', async () => {
  const broken = new Error('the database is away')
  const { diary, outcome } = poll([done], { save: () => Promise.reject(broken) })
  assert.is(await rejectionOf(outcome), broken)
  assert.equal(diary, ['submit', 'save entry-1'])
})

test('an earlier reference is polled at once and not submitted again', async () => {
  const { diary, outcome } = poll([done], { reference: 'entry-0', everyMs: 60_000 })
  assert.is(await outcome, 'a picture')
  assert.equal(diary, ['poll entry-0'])
})

test('five polls in a row may fail, and an answer between them starts the count again', async () => {
  const five = Array<Look>(5).fill(away)
  const { outcome } = poll([...five, running, ...five, done])
  assert.is(await outcome, 'a picture')
})

test('after the sixth poll in a row the vendor counts as away', async () => {
  const last = new AppError('bad_response')
  const { diary, outcome } = poll([...Array<Look>(5).fill(away), last, done])
  assert.is(await rejectionOf(outcome), last)
  assert.is(diary.length, 2 + 6)
})

test('a failure that does not pass ends it at once', async () => {
  for (const error of [new AppError('auth_config'), new TypeError('a bug')]) {
    const { diary, outcome } = poll([error, done])
    assert.is(await rejectionOf(outcome), error)
    assert.is(diary.length, 3)
  }
})

test("the vendor's last word is not asked for again, even where it may pass", async () => {
  const error = new AppError('provider_unavailable', { message: 'busy' })
  const { diary, outcome } = poll([{ state: 'failed', error }, done])
  assert.is(await rejectionOf(outcome), error)
  assert.is(diary.length, 3)
})

test('a signal that has fired before submits nothing', async () => {
  const reason = new Error('too late already')
  const { diary, outcome } = poll([done], { signal: AbortSignal.abort(reason) })
  assert.is(await rejectionOf(outcome), reason)
  assert.equal(diary, [])
})

test('a signal that fires between two polls ends the waiting', async () => {
  const controller = new AbortController()
  const reason = new Error('the window has closed')
  const { diary, outcome } = poll([done], {
    signal: controller.signal,
    everyMs: 60_000,
    save: async () => controller.abort(reason),
  })
  assert.is(await rejectionOf(outcome), reason)
  assert.equal(diary, ['submit', 'save entry-1'])
})

test('what a poll throws after the signal is not taken for a failure of the vendor', async () => {
  const controller = new AbortController()
  const reason = new Error('the window has closed')
  const outcome = submitAndPoll<string>({
    signal: controller.signal,
    reference: 'entry-0',
    everyMs: 1,
    submit: async () => '',
    saveReference: async () => {},
    async poll() {
      controller.abort(reason)
      throw away
    },
  })
  assert.is(await rejectionOf(outcome), reason)
})

test.run()
