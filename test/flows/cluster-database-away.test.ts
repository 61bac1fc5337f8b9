// PostgreSQL is stopped under load, for longer than a lease lasts, and comes back.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { leaseMs } from '../../src/jobs/deadlines.ts'
import { startGeminiEmulator } from '../emulators/gemini.ts'
import { readError, sendPhoto } from '../support/booth.ts'
import { assertEachOnce, assertNoOrphans, sendCrowd } from '../support/crowd.ts'
import { withMachines } from '../support/machines.ts'
import { startCluster } from '../support/postgres-cluster.ts'
import { until } from '../support/until.ts'

const test = suite('flows/cluster-database-away')

test('booths wait, new photos are 503, and afterwards every photo has its picture, paid for once', async () => {
  const vendor = await startGeminiEmulator()
  vendor.setScenario('ok', { delayMs: 1_500 })
  const cluster = await startCluster()
  const env = { PHOTOCHANGER_GEMINI_BASE_URL: vendor.url, PHOTOCHANGER_GEMINI_API_KEY: 'any' }
  try {
    await withMachines(
      async (machines) => {
        const { password, run, jobs, reader } = machines
        await run('slots', 'set', 'slot-001', '--provider', 'gemini', '--operation', 'image_edit', ...prompt)
        const [a, b] = [await machines.serve(), await machines.serve()]
        for (let at = 0; at < 3; at += 1) await machines.worker(2)

        let done = 0
        const crowd = sendCrowd({
          ...{ photos: 40, booths: 8, password, urls: () => [a.url, b.url] },
          onDelivery: () => {
            done += 1
          },
        })
        crowd.catch(() => undefined) // Awaited below.
        await until(() => done >= 8, 'photos flow')
        const accepted = await until(async () => {
          const active = (await jobs()).filter(({ isFinalized }) => !isFinalized)
          return active.some(({ status }) => status === 'processing') && active
        }, 'workers have photos')
        await cluster.stop()
        const stoppedAt = Date.now()
        for (const { url } of [a, b]) {
          const refusal = await until(() => readRefusal(url, password), 'the server answers')
          assert.equal(refusal, { status: 503, code: 'queue_unavailable' })
          assert.is((await fetch(`${url}/readyz`)).status, 503)
          assert.is((await fetch(`${url}/healthz`)).status, 200)
        }
        await until(() => Date.now() > stoppedAt + leaseMs, 'every lease has lapsed')
        await cluster.start()

        await assertEachOnce(machines, await crowd)
        assert.is(vendor.readState().charged, 40, 'paid for once each')
        for (const { id } of accepted) {
          const events = (await reader.log(id)).map(({ event }) => event)
          assert.not.ok(events.includes('repeated'), 'its booth has waited')
        }
        await assertNoOrphans(machines)
      },
      { env, databaseUrl: cluster.urlOf('postgres') },
    )
  } finally {
    await cluster.remove()
    await vendor.close()
  }
})

/** Undefined when the connection broke, as it may where the answer comes before the photo is sent. */
async function readRefusal(url: string, password: string) {
  const answer = await sendPhoto(url, 'slot-001', { password }).catch(() => undefined)
  return answer && { status: answer.status, code: (await readError(answer)).code }
}

const prompt = ['--set', 'prompt=a comic']

test.run()
