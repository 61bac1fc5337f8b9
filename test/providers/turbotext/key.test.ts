// The key goes to the vendor in one header and is found nowhere else.
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toErrorBody } from '../../../src/errors.ts'
import type { StoryName } from '../../emulators/turbotext/stories.ts'
import { emulatedKey } from '../../emulators/turbotext.ts'
import { withSite } from './site.ts'

const test = suite('providers/turbotext: key')

const failing: StoryName[] = [
  'busy',
  'limit',
  'rate_limited',
  'unauthorized',
  'down',
  'create_reset',
  'create_cut',
  'url_error',
  'no_face',
  'forbidden',
  'away',
  'no_link',
  'download_gone',
  'download_html',
]

test('no failure carries the key, not even in its cause', async () => {
  for (const scenario of failing) {
    await withSite({ scenario }, async ({ fail }) => {
      const error = await fail()
      assert.not.match(inspect(error, { depth: 20, showHidden: true }), emulatedKey)
      assert.not.match(JSON.stringify(toErrorBody(error)), emulatedKey)
    })
  }
})

test('a vendor that repeats the key in its own words is not quoted with it', async () => {
  const scenario = { create: `key ${emulatedKey} is not known` as 'solar_flare' }
  await withSite({ scenario }, async ({ fail }) => {
    const error = await fail()
    assert.is(error.details?.vendor_error, 'key *** is not known')
  })
})

test('whoever else is asked for a picture does not get it', async () => {
  await withSite({}, async ({ run, shop, emulator }) => {
    await run('identity_transfer', {})
    assert.ok(shop.headers.length >= 2)
    assert.not.match(JSON.stringify(shop.headers), emulatedKey)
    for (const { path, body, headers } of emulator.requests) {
      const { authorization, ...others } = headers
      assert.is(authorization, `Bearer ${emulatedKey}`)
      assert.not.match(JSON.stringify({ path, body, others }), emulatedKey)
    }
  })
})

test('a key that the vendor does not know is refused', async () => {
  await withSite({ apiKey: 'another key' }, async ({ fail, emulator }) => {
    assert.is((await fail()).code, 'auth_config')
    assert.is(emulator.created, 0)
  })
})

test.run()
