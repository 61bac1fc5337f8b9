// Two servers and three workers, each a process with a data directory of its own, on one PostgreSQL and one bucket.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { callerWith } from '../support/api.ts'
import { readError, sendPhoto } from '../support/booth.ts'
import { assertEachOnce, type Delivery, sendCrowd, workersOf } from '../support/crowd.ts'
import { isWorkedOnBy, type Machines, withMachines } from '../support/machines.ts'
import { until } from '../support/until.ts'

const test = suite('flows/cluster')

async function logInAt(url: string, { username, password }: Machines['admin']) {
  const { body } = await callerWith(url, {})('POST', '/api/login', { username, password })
  return (body as { access_token: string }).access_token
}

test('what comes in at one server is worked on anywhere, and seen and cancelled at the other', () =>
  withMachines(async (machines) => {
    const { password, run, jobs, admin } = machines
    const echo = ['--provider', 'echo', '--operation', 'echo']
    const useEchoAfter = (ms: number) => run('slots', 'set', 'slot-001', ...echo, '--set', `delay_ms=${ms}`)
    await useEchoAfter(300)
    const [a, b] = [await machines.serve(), await machines.serve()]
    const workers = await Promise.all([1, 2, 3].map(() => machines.worker(1)))
    const deliveries: Delivery[] = []
    const pids = workers.map(({ child }) => child.pid ?? 0)
    await until(async () => {
      const crowd = { photos: 8, booths: 8, sentBefore: deliveries.length, password }
      deliveries.push(...(await sendCrowd({ ...crowd, urls: () => [a.url, b.url] })))
      const workedBy = await Promise.all(deliveries.map(({ jobId }) => workersOf(machines, jobId)))
      return pids.every((pid) => workedBy.flat().includes(pid))
    }, 'every worker has worked')
    await assertEachOnce(machines, deliveries)

    for (const { jobId, picture } of deliveries)
      for (const { url } of [a, b]) {
        const answer = await fetch(`${url}/public/results/${jobId}`)
        assert.is(answer.status, 200)
        assert.ok(Buffer.from(await answer.arrayBuffer()).equals(picture))
      }

    const token = await logInAt(a.url, admin)
    const callB = callerWith(b.url, { authorization: `Bearer ${token}` })
    await useEchoAfter(60000)
    const waiting = sendPhoto(a.url, 'slot-001', { password })
    const running = await until(
      async () => (await jobs()).find(({ status }) => status === 'processing'),
      'a worker has the photo',
    )
    const shown = await callB('GET', `/api/jobs/${running.id}`)
    assert.is(shown.body.job.status, 'processing')
    assert.is((await callB('POST', `/api/jobs/${running.id}/cancel`)).status, 200)
    const answer = await waiting
    assert.is(answer.status, 503)
    assert.is((await readError(answer)).code, 'job_cancelled')
    const [worker] = workers.filter((each) => isWorkedOnBy(running, each))
    await until(() => worker?.output.stderr.includes('job.overtaken'), 'the worker has stopped its work')
    for (const daemon of [a, b, ...workers]) assert.is(await daemon.stop(), 0)
  }))

test.run()
