// Cancelling through the API of one process what another process works on.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { callerWith } from '../support/api.ts'
import { makePlace } from '../support/backends.ts'
import { sendPhoto } from '../support/booth.ts'
import { runProgram, startDaemon } from '../support/program.ts'
import { until } from '../support/until.ts'

const test = suite('flows/cancel')

const slot = ['slots', 'set', 'slot-001', '--provider', 'echo', '--operation', 'echo']

test('a cancellation in one process aborts the call of a provider that another one is waiting for', async () => {
  const { env, remove } = await makePlace()
  const created = JSON.parse((await runProgram(['init', '--json'], env)).stdout)
  const serve = await startDaemon(['serve', '--port', '0', '--no-workers'], env)
  const worker = await startDaemon(['worker', '--log-level', 'info'], env)
  try {
    // Longer than any window: only an abort ends this call.
    await runProgram([...slot, '--set', 'delay_ms=60000'], env)
    const { username, password } = created.admins[0]
    const anybody = callerWith(serve.url, {})
    const { body: login } = await anybody('POST', '/api/login', { username, password })
    const call = callerWith(serve.url, { authorization: `Bearer ${login.access_token}` })
    const held = sendPhoto(serve.url, 'slot-001', { password: created.ingest_password })
    const id: string = await until(async () => {
      const { body } = await call('GET', '/api/jobs?status=processing')
      return body.items[0]?.job.id
    }, 'the job runs')

    const cancelled = await call('POST', `/api/jobs/${id}/cancel`)
    assert.equal([cancelled.status, cancelled.body.failure_reason], [200, 'cancelled'])
    assert.is((await held).status, 503)
    await until(() => worker.output.stderr.includes('job.overtaken'), 'the worker has stopped its work')
    const { body } = await call('GET', `/api/jobs/${id}`)
    assert.is(body.processing_log.at(-1).event, 'cancelled')
    assert.is((await call('POST', `/api/jobs/${id}/cancel`)).status, 409)
  } finally {
    assert.is(await worker.stop(), 0)
    assert.is(await serve.stop(), 0)
    await remove()
  }
})

test.run()
