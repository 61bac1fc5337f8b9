// One call in five to the bucket fails while photos flow through several machines.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertEachOnce, assertNoOrphans, sendCrowd } from '../support/crowd.ts'
import { withPaidMachines } from '../support/paid-machines.ts'

const test = suite('flows/cluster-store-failing')

test('every photo has its picture, paid for once, and after a sweep nothing lies about', () =>
  withPaidMachines(0, async (machines, vendor) => {
    const { password, s3 } = machines
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
  }))

test.run()
