// A photo is paid for once, whatever happens between its queue and this machine.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Step, Story } from '../../emulators/turbotext/stories.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { until } from '../../support/until.ts'
import { type Site, withSite } from './site.ts'

const test = suite('providers/turbotext: resume')

const prompt = { prompt: 'a watercolour' }
const creates = ({ emulator }: Site) => emulator.requests.filter(({ form }) => form.do === 'create_queue')

test('the id in the queue is stored before it is polled', async () => {
  await withSite({}, async ({ run, emulator }) => {
    const requestsAtSave: number[] = []
    await run('image_edit', prompt, {
      async saveReference(reference) {
        assert.is(reference, '88001')
        requestsAtSave.push(emulator.requests.length)
      },
    })
    assert.equal(requestsAtSave, [1])
  })
})

test('an id that could not be stored is not polled', async () => {
  await withSite({}, async ({ run, emulator }) => {
    const broken = new Error('the database is away')
    const work = run('image_edit', prompt, { saveReference: () => Promise.reject(broken) })
    assert.is(await rejectionOf(work), broken)
    assert.is(emulator.requests.length, 1)
  })
})

test('a stored id is polled without photo, publishing or another create_queue', async () => {
  for (const operation of ['image_edit', 'style_transfer', 'identity_transfer']) {
    const scenario: Story = { polls: ['reconnect', 'reconnect', 'hang'], hasNumericId: true }
    await withSite({ scenario }, async (site) => {
      const settings = operation === 'image_edit' ? prompt : {}
      const controller = new AbortController()
      let stored = ''
      const first = rejectionOf(
        site.run(operation, settings, {
          signal: controller.signal,
          async saveReference(reference) {
            stored = reference
          },
        }),
      )
      await until(() => site.emulator.requests.length === 4, 'it is polled')
      controller.abort(new Error('the power went'))
      await first

      const published = site.shop.files.size
      await site.run(operation, settings, {
        reference: stored,
        photo: { path: '/nowhere', mime: 'image/jpeg' },
        templates: {},
        saveReference: () => Promise.reject(new Error('it is stored already')),
      })
      assert.is(site.shop.files.size, published)
      assert.is(creates(site).length, 1)
      assert.is(site.emulator.created, 1)
    })
  }
})

test('what is called again as the worker does it is paid for once, until the vendor gives it up', async () => {
  const scenario: Story[] = [
    { polls: ['reconnect', 'provider_busy'] },
    { polls: Array<Step>(12).fill('html_502') },
  ]
  await withSite({ scenario }, async (site) => {
    let reference: string | undefined
    const codes: string[] = []
    const attempt = async () => {
      const saveReference = async (accepted: string) => {
        reference = accepted
      }
      const error = await site.fail({ reference, saveReference })
      codes.push(error.code)
      if (error.details?.reference_spent) reference = undefined
    }
    await attempt()
    assert.equal([reference, site.emulator.created], [undefined, 1])
    await attempt()
    await attempt()
    assert.equal([reference, site.emulator.created], ['88002', 2])
    assert.equal(codes, Array(3).fill('provider_unavailable'))
    await site.run('image_edit', prompt, { reference: '88002' })
    assert.is(site.emulator.created, 2)
  })
})

test.run()
