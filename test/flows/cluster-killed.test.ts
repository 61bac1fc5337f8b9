// kill -9 of a server whose booths wait and of a worker in mid-job, while photos flow through several machines.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertEachOnce, assertNoOrphans, sendCrowd, workersOf } from '../support/crowd.ts'
import { isWorkedOnBy } from '../support/machines.ts'
import { withPaidMachines } from '../support/paid-machines.ts'
import { until } from '../support/until.ts'

const test = suite('flows/cluster-killed')

test('every photo ends once, and is paid for once', () =>
  withPaidMachines(1, async (machines, vendor) => {
    const { password, jobs } = machines
    const [doomed, other] = [await machines.serve(), await machines.serve()]
    // Turbotext fetches the photos, from a server that lives on.
    const reachable = { PHOTOCHANGER_PUBLIC_URL: other.url }
    const victim = await machines.worker(1, reachable)
    const steady = [await machines.worker(4, reachable), await machines.worker(4, reachable)]

    const urls = [doomed.url, other.url]
    const crowd = sendCrowd({ photos: 40, booths: 12, password, urls: () => urls })
    crowd.catch(() => undefined) // Awaited below.
    const orphan = await until(
      async () => (await jobs()).find((job) => isWorkedOnBy(job, victim) && job.providerJobReference),
      'the worker waits for what it has paid for',
    )
    await victim.stop('SIGKILL')
    await until(async () => {
      const active = (await jobs()).filter(({ isFinalized }) => !isFinalized)
      return active.length >= 10
    }, 'booths wait at both servers')
    await doomed.stop('SIGKILL')
    urls.splice(0, 1, (await machines.serve()).url)

    const deliveries = await crowd
    assert.ok(
      deliveries.some(({ misses }) => misses.includes(0)),
      'a waiting booth was cut off',
    )
    const ended = await assertEachOnce(machines, deliveries)
    assert.is(ended.length, 40)
    assert.is(vendor.created, 40, 'paid for once each')
    const { attempt } = ended.find(({ id }) => id === orphan.id) ?? {}
    assert.is(attempt, 2)
    const [first, second] = await workersOf(machines, orphan.id)
    assert.is(first, victim.child.pid)
    assert.ok(
      steady.some(({ child }) => child.pid === second),
      'another worker took it over',
    )
    await assertNoOrphans(machines)
  }))

test.run()
