// Several processes on one database.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { migrate } from '../../src/db/migrate.ts'
import { createQueue } from '../../src/jobs/queue.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { makeDatabase, makePlace } from '../support/backends.ts'
import { sendPhoto } from '../support/booth.ts'
import { createNewJob } from '../support/job.ts'
import { runProgram, startDaemon } from '../support/program.ts'
import { until } from '../support/until.ts'

const test = suite('flows/two-processes')

test('two processes claim and finish 3,000 jobs without a busy error and none twice', async () => {
  const database = await makeDatabase()
  const path = database.url
  const db = database.open()
  await migrate(db)
  const queue = createQueue({ db, clock: systemClock, maxInFlightJobs: 3000 })
  for (let at = 0; at < 3000; at += 1) await queue.enqueue(createNewJob({ syncResponseMs: 600_000 }))

  const script = fileURLToPath(new URL('../support/claim-process.ts', import.meta.url))
  const claimed = await Promise.all(
    ['a', 'b'].map(async (worker) => {
      const child = spawn(process.execPath, ['--import', 'tsx', script, path, worker])
      let stdout = ''
      let stderr = ''
      child.stdout.on('data', (chunk) => {
        stdout += chunk
      })
      child.stderr.on('data', (chunk) => {
        stderr += chunk
      })
      const [code] = await once(child, 'close')
      assert.is(code, 0, stderr)
      return JSON.parse(stdout) as string[]
    }),
  )
  const ids = claimed.flat()
  assert.is(ids.length, 3000)
  assert.is(new Set(ids).size, 3000)
  for (const share of claimed) assert.ok(share.length > 0, 'both have worked')
  const rows = await db.query
    .selectFrom('jobs')
    .select(['status', 'attempt'])
    .groupBy(['status', 'attempt'])
    .execute()
  assert.equal(rows, [{ status: 'succeeded', attempt: 1 }])
  await database.remove()
})

test('a photo taken by one process is worked on by another, and a cancellation reaches it there', async () => {
  const { env, remove } = await makePlace()
  const { ingest_password: password } = JSON.parse((await runProgram(['init', '--json'], env)).stdout)
  const serve = await startDaemon(['serve', '--port', '0', '--no-workers'], env)
  const worker = await startDaemon(['worker', '--log-level', 'info'], env)
  try {
    const done = await sendPhoto(serve.url, 'slot-001', { password })
    assert.is(done.status, 200)
    await done.arrayBuffer()

    await runProgram(
      ['slots', 'set', 'slot-001', '--provider', 'echo', '--operation', 'echo', '--set', 'delay_ms=60000'],
      env,
    )
    const held = sendPhoto(serve.url, 'slot-001', { password })
    const job = await until(async () => {
      const { stdout } = await runProgram(['jobs', 'list', '--status', 'processing', '--json'], env)
      return JSON.parse(stdout)[0] as { id: string } | undefined
    }, 'the job runs')
    assert.is((await runProgram(['jobs', 'cancel', job.id], env)).code, 0)
    assert.is((await held).status, 503)
    await until(() => worker.output.stderr.includes('job.overtaken'), 'the worker has stopped its work')
  } finally {
    assert.is(await worker.stop(), 0)
    assert.is(await serve.stop(), 0)
    await remove()
  }
})

test.run()
