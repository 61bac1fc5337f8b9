import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toJob } from '../../src/jobs/job.ts'
import { openReferences } from '../../src/worker/references.ts'
import { createNewJob } from '../support/job.ts'
import { openTestQueue } from '../support/queue.ts'

const test = suite('worker/references')

async function setup(stored?: string) {
  const { queue, db, close } = await openTestQueue()
  const { id } = await queue.enqueue(createNewJob())
  if (stored !== undefined)
    await db.query.updateTable('jobs').set({ provider_job_reference: stored }).where('id', '=', id).execute()
  const row = await db.query.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  await close()
  const written: string[] = []
  const references = openReferences(toJob(row), async (text) => {
    written.push(text)
  })
  return { references, written }
}

test('a new job has none', async () => {
  const { references } = await setup()
  assert.is(references.firstStep(), undefined)
  assert.is(references.of(0), undefined)
})

test('what each step has accepted is kept together and found again by the next attempt', async () => {
  const { references, written } = await setup()
  await references.save(2, 'late')
  await references.save(0, 'early')
  assert.is(references.of(0), 'early')
  const again = await setup(written.at(-1))
  assert.is(again.references.of(0), 'early')
  assert.is(again.references.of(1), undefined)
  assert.is(again.references.of(2), 'late')
  assert.is(again.references.firstStep(), 0)
})

test('a newer reference of the same step replaces the older one', async () => {
  const { references, written } = await setup('{"1":"old"}')
  await references.save(1, 'new')
  assert.is((await setup(written.at(-1))).references.of(1), 'new')
})

test('one that the vendor has ended is forgotten, also in the row', async () => {
  const { references, written } = await setup('{"0":"a","2":"b"}')
  await references.forget(0)
  assert.is(references.of(0), undefined)
  assert.is(references.firstStep(), 2)
  const again = await setup(written.at(-1))
  assert.is(again.references.of(0), undefined)
  assert.is(again.references.of(2), 'b')
  await references.forget(2)
  assert.is((await setup(written.at(-1))).references.firstStep(), undefined)
})

test('forgetting what is not known writes nothing', async () => {
  const { references, written } = await setup('{"0":"a"}')
  await references.forget(1)
  assert.equal(written, [])
})

for (const stored of ['not json', '"text"', '[1]', '{"x":"a"}', '{"0":5}', 'null']) {
  test(`${stored} means that nothing is known to be paid for`, async () => {
    assert.is((await setup(stored)).references.firstStep(), undefined)
  })
}

test.run()
