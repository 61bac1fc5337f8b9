// What a paid provider has accepted is paid for once, whatever happens to the server.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { emulatedKey, startTurbotextEmulator } from '../emulators/turbotext.ts'
import { sendPhoto } from '../support/booth.ts'
import { withSite } from '../support/site.ts'
import { until } from '../support/until.ts'

const test = suite('flows/paid-once')

test('killed while Turbotext is polled: the next start polls on, and its picture comes of the one create_queue', async () => {
  const vendor = await startTurbotextEmulator({ reconnects: 3 })
  const env = { PHOTOCHANGER_TURBOTEXT_BASE_URL: vendor.url, PHOTOCHANGER_TURBOTEXT_API_KEY: emulatedKey }
  try {
    await withSite(
      55,
      async (site) => {
        await site.setSlot('turbotext', 'image_edit', { prompt: 'a comic' })
        const serve = await site.serve()
        sendPhoto(serve.url, 'slot-001', { password: site.password }).catch(() => undefined)
        const polls = () => vendor.requests.filter(({ form }) => form.do === 'get_result').length
        await until(() => polls() === 1, 'the vendor is polled')
        await serve.stop('SIGKILL')
        assert.is(vendor.created, 1)

        await site.serve()
        const [job] = await until(async () => {
          const jobs = await site.jobs()
          return jobs.every(({ isFinalized }) => isFinalized) && jobs
        }, 'the job is final')
        assert.is(job?.status, 'succeeded')
        assert.is(job?.attempt, 2)
        assert.is(job?.providerId, 'turbotext')
        assert.ok((job?.costMicroUsd ?? 0) > 0)
        assert.is(vendor.created, 1)
        assert.ok(polls() > 1)
      },
      env,
    )
  } finally {
    await vendor.close()
  }
})

test.run()
