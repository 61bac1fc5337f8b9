// The signal ends the work in each of its stages, and nothing goes on after it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Story } from '../../emulators/turbotext/stories.ts'
import { portrait } from '../../support/photos.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { until } from '../../support/until.ts'
import { type Site, withSite } from './site.ts'

const test = suite('providers/turbotext: abort')

const prompt = { prompt: 'a watercolour' }

interface Stage {
  name: string
  scenario: Story
  isReached(site: Site): boolean
  timing?: { pollEveryMs?: number; downloadRetryMs?: number }
}

const sent = (site: Site, what: string) =>
  site.emulator.requests.some(({ form, method }) => (form.do ?? method) === what)

const stages: Stage[] = [
  { name: 'create_queue', scenario: { create: 'hang' }, isReached: (site) => sent(site, 'create_queue') },
  {
    name: 'the answer of create_queue',
    scenario: { create: 'hang_body' },
    isReached: (site) => sent(site, 'create_queue'),
  },
  { name: 'get_result', scenario: { polls: ['hang'] }, isReached: (site) => sent(site, 'get_result') },
  {
    name: 'the answer of get_result',
    scenario: { polls: ['hang_body'] },
    isReached: (site) => sent(site, 'get_result'),
  },
  {
    name: 'the pause between two polls',
    scenario: { isEndless: true },
    isReached: (site) => site.emulator.created > 0,
    timing: { pollEveryMs: 60_000 },
  },
  { name: 'the download', scenario: { downloads: ['hang'] }, isReached: (site) => sent(site, 'GET') },
  {
    name: 'the middle of the download',
    scenario: { downloads: ['hang_body'] },
    isReached: (site) => sent(site, 'GET'),
  },
  {
    name: 'the pause before another download',
    scenario: { downloads: ['http_404'] },
    isReached: (site) => sent(site, 'GET'),
    timing: { downloadRetryMs: 60_000 },
  },
]

for (const { name, scenario, isReached, timing } of stages) {
  test(`it ends in ${name}`, async () => {
    await withSite({ scenario, ...(timing && { timing }) }, async (site) => {
      const controller = new AbortController()
      const reason = new Error('the window has closed')
      const work = rejectionOf(site.run('image_edit', prompt, { signal: controller.signal }))
      await until(() => isReached(site), 'the stage is reached')
      controller.abort(reason)
      assert.is(await work, reason)
    })
  })
}

test('nothing is published any more when it fires while the photo is prepared', async () => {
  await withSite({}, async ({ run, shop }) => {
    const controller = new AbortController()
    const reason = new Error('the window has closed')
    const photo = {
      mime: 'image/jpeg',
      get path() {
        controller.abort(reason)
        return portrait
      },
    }
    assert.is(await rejectionOf(run('image_edit', prompt, { signal: controller.signal, photo })), reason)
    assert.is(shop.files.size, 0)
  })
})

test('it ends before create_queue when it fires while the photo is published', async () => {
  await withSite({}, async ({ run, emulator, shop }) => {
    const controller = new AbortController()
    const reason = new Error('the window has closed')
    const work = run('image_edit', prompt, {
      signal: controller.signal,
      async publish(picture) {
        controller.abort(reason)
        return shop.publish(picture)
      },
    })
    assert.is(await rejectionOf(work), reason)
    assert.is(emulator.requests.length, 0)
  })
})

test('an id that was accepted is stored, even when the signal fires meanwhile', async () => {
  await withSite({}, async ({ run, emulator }) => {
    const controller = new AbortController()
    const reason = new Error('the lease is lost')
    const saved: string[] = []
    const work = run('image_edit', prompt, {
      signal: controller.signal,
      async saveReference(reference) {
        saved.push(reference)
        controller.abort(reason)
      },
    })
    assert.is(await rejectionOf(work), reason)
    assert.equal(saved, ['88001'])
    assert.is(emulator.requests.length, 1)
  })
})

test('closing the provider ends what is still running', async () => {
  await withSite({ scenario: { create: 'hang' } }, async (site) => {
    const work = site.fail()
    await until(() => sent(site, 'create_queue'), 'the call has arrived')
    await site.provider.close?.()
    assert.is((await work).code, 'provider_unavailable')
  })
})

test.run()
