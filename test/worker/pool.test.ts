// How many jobs run at once; what becomes of each is in test/flows.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createGate } from '../support/gate.ts'
import { until } from '../support/until.ts'
import { answers } from '../support/vendor.ts'
import { withVendors } from '../support/vendors.ts'

const test = suite('worker/pool')

test('as many jobs run at once as there are workers, and the next one follows as soon as one has ended', () =>
  withVendors(
    async ({ app, vendor, send }) => {
      const gates = [createGate(), createGate(), createGate()]
      vendor.behave(...gates.map(({ promise }) => answers(promise)))
      const sending = ['1', '2', '3'].map((id) => send({ id }))
      const countJobs = async (status: 'pending' | 'processing') =>
        (await app.reader.list({ status }, 10)).length
      await until(
        async () => (await countJobs('pending')) + (await countJobs('processing')) === 3,
        'all are queued',
      )
      await until(() => vendor.running() === 2, 'both workers have one')
      assert.equal([await countJobs('processing'), await countJobs('pending')], [2, 1])

      gates[0]?.open()
      await until(() => vendor.calls.length === 3, 'the third one is called')
      assert.is(vendor.running(), 2)
      for (const gate of gates) gate.open()
      const statuses = (await Promise.all(sending)).map(({ status }) => status)
      assert.equal(statuses, [200, 200, 200])
    },
    { workers: 2 },
  ))

test.run()
