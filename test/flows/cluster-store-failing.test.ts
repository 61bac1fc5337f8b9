// One call in five to the bucket fails while photos flow through several machines.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { emulatedKey, startTurbotextEmulator } from '../emulators/turbotext.ts'
import { assertEachOnce, assertNoOrphans, sendCrowd } from '../support/crowd.ts'
import { withMachines } from '../support/machines.ts'

const test = suite('flows/cluster-store-failing')

test('every photo has its picture, paid for once, and after a sweep nothing lies about', async () => {
  const vendor = await startTurbotextEmulator({ reconnects: 0 })
  const env = { PHOTOCHANGER_TURBOTEXT_BASE_URL: vendor.url, PHOTOCHANGER_TURBOTEXT_API_KEY: emulatedKey }
  try {
    await withMachines(
      async (machines) => {
        const { password, run, s3 } = machines
        const set = ['--provider', 'turbotext', '--operation', 'image_edit', '--set', 'prompt=a comic']
        await run('slots', 'set', 'slot-001', ...set)
        const [a, b] = [await machines.serve(), await machines.serve()]
        const reachable = { PHOTOCHANGER_PUBLIC_URL: a.url }
        for (let at = 0; at < 3; at += 1) await machines.worker(4, reachable)

        s3.failSome(0.2, 7)
        const deliveries = await sendCrowd({ photos: 40, booths: 12, password, urls: () => [a.url, b.url] })
        assert.ok(s3.failures() > 40, `${s3.failures()} calls have failed`)
        s3.failSome(0)
        await assertEachOnce(machines, deliveries)
        assert.is(vendor.created, 40, 'paid for once each')
        await assertNoOrphans(machines)
      },
      { env },
    )
  } finally {
    await vendor.close()
  }
})

test.run()
