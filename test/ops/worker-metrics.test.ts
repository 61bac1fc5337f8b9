// A worker that is a process of its own tells how it is doing, where it is given a port.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sendPhoto } from '../support/booth.ts'
import { makeFolder } from '../support/folder.ts'
import { runProgram, startDaemon } from '../support/program.ts'
import { until } from '../support/until.ts'

const test = suite('ops/worker-metrics')

test('a worker counts what it has done, and a taken port is named with the option that chooses another', async () => {
  const folder = await makeFolder()
  const env = { PHOTOCHANGER_DATA_DIR: folder.path }
  const { ingest_password: password } = JSON.parse((await runProgram(['init', '--json'], env)).stdout)
  const serve = await startDaemon(['serve', '--port', '0', '--no-workers'], env)
  const worker = await startDaemon(['worker', '--metrics-port', '0'], env)
  try {
    const url = /^Metrics +(http:\/\/127\.0\.0\.1:\d+)\/metrics$/m.exec(worker.output.stdout)?.[1]
    assert.ok(url, worker.output.stdout)
    assert.equal(await (await fetch(`${url}/healthz`)).json(), { status: 'ok' })
    assert.is((await fetch(`${url}/readyz`)).status, 404)

    const photo = await sendPhoto(serve.url, 'slot-001', { password })
    assert.is(photo.status, 200)
    await photo.arrayBuffer()
    const readMetrics = async () => (await fetch(`${url}/metrics`)).text()
    const done = 'photochanger_jobs_finalized_total{slot="slot-001",outcome="success"} 1'
    const page = await until(async () => {
      const text = await readMetrics()
      return text.includes(`${done}\n`) ? text : undefined
    }, 'the worker has counted its job')
    assert.match(page, /^photochanger_worker_running_jobs \d+$/m)
    assert.match(page, /^process_resident_memory_bytes \d+$/m)
    // What belongs to the installation is told by the servers alone.
    assert.not.match(page, /^photochanger_(queue_oldest_age_seconds|media_used_bytes) /m)

    const second = await runProgram(['worker', '--metrics-port', new URL(url).port], env)
    assert.is(second.code, 1)
    assert.match(second.stderr, /^error: Port \d+ .* in use .*--metrics-port\.$/m)
  } finally {
    assert.is(await worker.stop(), 0)
    assert.is(await serve.stop(), 0)
    await folder.remove()
  }
})

test.run()
