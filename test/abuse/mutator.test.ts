// What `npm run abuse` sends can be sent again: the same seed and number make the same bytes. And a few of its bodies.

import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openTestServer, useEcho } from '../support/server.ts'
import { until } from '../support/until.ts'
import { bombard } from './bombard.ts'
import { makeCorpus } from './corpus.ts'
import { judge } from './judge.ts'
import { createMutator } from './mutator.ts'
import { listUnfinished } from './report.ts'

const test = suite('abuse/mutator')

const bodies = 400

test('the same seed and number make the same request, whatever was made before; another seed another one', async () => {
  const open = async (seed: number) =>
    createMutator({ corpus: await makeCorpus(), seed, password: 'p', slotIds: ['slot-001', 'slot-002'] })
  const [first, again, other] = await Promise.all([open(7), open(7), open(8)])
  const backwards = Array.from({ length: 200 }, (_, at) => again(199 - at)).reverse()
  const forwards = Array.from({ length: 200 }, (_, at) => first(at))
  assert.equal(backwards, forwards)
  assert.ok(!other(0).body.equals(first(0).body))
})

test('what it makes is of every kind: formats, bombs, broken lengths, cut off', async () => {
  const make = createMutator({ corpus: await makeCorpus(), seed: 1, password: 'p', slotIds: ['slot-001'] })
  const told = Array.from({ length: 2000 }, (_, at) => make(at).what.join(' + ')).join('\n')
  for (const kind of [
    'jpeg: ',
    'png: ',
    'webp: ',
    'heic: ',
    'megapixels',
    'length',
    'cut off',
    'ZIP',
    'EXIF junk',
    'boundary',
  ])
    assert.match(told, kind)
})

test('the judge takes what the contract has, and nothing else', () => {
  const request = { method: 'POST', ending: 'keep' } as const
  const answer = (status: number, body: object | string, headers: Record<string, string> = {}) => ({
    answer: {
      status,
      headers: new Map(Object.entries({ 'x-content-type-options': 'nosniff', ...headers })),
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    },
    isSilent: false,
    ms: 1,
  })
  const error = (code: string, details = {}) => ({ error: { code, message: 'm', details } })
  const problemOf = (outcome: ReturnType<typeof answer>) => judge(request, outcome).problem
  assert.is(problemOf(answer(400, error('invalid_request'))), undefined)
  assert.is(problemOf(answer(502, error('provider_error', { job_id: 'x' }))), undefined)
  assert.ok(problemOf(answer(502, error('provider_error'))))
  assert.ok(problemOf(answer(500, error('internal_error'))))
  assert.ok(problemOf(answer(400, error('queue_busy'))))
  assert.ok(problemOf(answer(400, 'Bad Request')))
  assert.ok(problemOf(answer(400, error('invalid_request'), { 'x-content-type-options': '' })))
  assert.ok(problemOf(answer(200, 'no picture', { 'x-job-id': 'x', 'content-type': 'image/jpeg' })))
  assert.ok(judge(request, { answer: undefined, isSilent: true, ms: 1 }).problem)
  assert.ok(judge(request, { answer: undefined, isSilent: false, ms: 1 }).problem)
})

test(`${bodies} of its bodies are answered by the contract, and nothing is left of them`, async () => {
  const server = await openTestServer({ queue_max_in_flight_jobs: 100, log_level: 'error' })
  try {
    // Most of the time in a run is for pictures; here the form is looked at, and whatever the workers read of a photo.
    await useEcho(server, 'slot-001')
    const makeCase = createMutator({
      corpus: await makeCorpus(),
      seed: 3,
      password: server.password,
      slotIds: ['slot-001'],
      heicShare: 0,
    })
    const { findings, byLabel } = await bombard({
      url: server.url,
      makeCase,
      bodies,
      lanes: 16,
      patienceMs: 60_000,
    })
    assert.equal(findings, [])
    assert.ok((byLabel.get('200 a picture') ?? 0) > bodies / 20)
    assert.ok((byLabel.get('400 invalid_request') ?? 0) > bodies / 4)
    const left = () => listUnfinished(join(server.dataDir, 'media'))
    await until(async () => (await left()).length === 0, 'nothing unfinished is left')
  } finally {
    await server.close()
  }
})

test.run()
