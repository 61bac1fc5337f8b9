// Where the finished picture is, and how it is fetched from there.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Story } from '../../emulators/turbotext/stories.ts'
import { emulatedKey } from '../../emulators/turbotext.ts'
import { countAgain, type Site, startFileServer, withSite } from './site.ts'

const test = suite('providers/turbotext: picture')

const prompt = { prompt: 'a watercolour' }
const downloads = ({ emulator }: Site) => emulator.requests.filter(({ method }) => method === 'GET')

test('the link is found in each of its three places, and the one above counts', async () => {
  for (const [link, path] of [
    ['top', '/download.php?f=generate_image2image_id88001_0.png'],
    ['data', '/download.php?f=generate_image2image_id88001_0.png'],
    ['image', '/image/generate_image2image_id88001_0.png'],
  ] as const) {
    for (const hasWords of [true, false]) {
      await withSite({ scenario: { link, hasWords, hasNumericId: hasWords } }, async (site) => {
        await site.run('image_edit', prompt)
        assert.equal(
          downloads(site).map((request) => request.path),
          [path],
        )
        assert.is(downloads(site)[0]?.headers.authorization, `Bearer ${emulatedKey}`)
      })
    }
  }
})

test('the answer as the documentation prints it, which is no JSON, still has its picture', async () => {
  await withSite({ scenario: 'documented_mix' }, async (site) => {
    await site.run('style_transfer', {})
    assert.is(downloads(site).length, 1)
  })
})

test('a picture that is not there yet is asked for twice more', async () => {
  for (const step of ['http_404', 'http_410', 'http_500', 'html_502', 'reset', 'cut'] as const) {
    await withSite({ scenario: { downloads: [step, step] } }, async (site) => {
      await site.run('image_edit', prompt)
      assert.is(downloads(site).length, 3, step)
    })
  }
})

test('a picture that stays away is a bad response; asking for its link again costs nothing', async () => {
  for (const step of ['http_404', 'http_410', 'http_503'] as const) {
    await withSite({ scenario: { downloads: [step, step, step] } }, async (site) => {
      const error = await site.fail()
      assert.equal([error.code, countAgain(error)], ['bad_response', 1])
      assert.equal(error.details, { http_status: Number(step.slice(5)), queue_id: '88001' })
      assert.is(downloads(site).length, 3)
      await site.run('image_edit', prompt, { reference: '88001' })
      assert.is(site.emulator.created, 1)
    })
  }
})

test('a picture that is refused is not asked for again', async () => {
  for (const step of ['http_400', 'http_403'] as const) {
    await withSite({ scenario: { downloads: [step] } }, async (site) => {
      assert.is((await site.fail()).code, 'bad_response')
      assert.is(downloads(site).length, 1)
    })
  }
})

test('a page instead of a picture is a bad response', async () => {
  await withSite({ scenario: { downloads: ['html'] } }, async (site) => {
    const error = await site.fail()
    assert.equal([error.code, countAgain(error), error.details], ['bad_response', 1, { queue_id: '88001' }])
  })
})

test('a link that works once is followed once', async () => {
  await withSite({ scenario: 'single_use' }, async (site) => {
    await site.run('image_edit', prompt)
    assert.is(downloads(site).length, 1)
  })
})

test('a redirect on the own site takes the key along', async () => {
  await withSite({ scenario: { downloads: ['redirect'] } }, async (site) => {
    await site.run('image_edit', prompt)
    assert.equal(
      downloads(site).map(({ path }) => path.slice(0, 6)),
      ['/downl', '/image'],
    )
  })
})

test('a link into a private network is not followed, and no link takes the key away from the vendor', async () => {
  const secret = await startFileServer()
  const links: Story[] = [
    'http://127.0.0.1:1/x.png',
    await secret.publish({ path: '/nowhere', mime: '' }),
  ].map((address) => ({ link: { address } }))
  for (const scenario of [...links, { downloads: ['redirect_private'] } satisfies Story]) {
    await withSite({ scenario }, async ({ fail, shop }) => {
      assert.is((await fail()).code, 'bad_response')
      assert.ok(shop.headers.length > 0)
      assert.ok(shop.headers.every(({ authorization }) => authorization === undefined))
    })
  }
  assert.is(secret.headers.length, 0)
  await secret.close()
})

test('a link that is none is a bad response that polling again would not change', async () => {
  for (const address of ['http://[nowhere', 'ftp://files.example/1.png']) {
    await withSite({ scenario: { link: { address } } }, async ({ fail }) => {
      assert.is((await fail()).code, 'bad_response')
    })
  }
})

test('a download that hangs is given up by itself and begun again', async () => {
  for (const step of ['hang', 'hang_body'] as const) {
    const options = { scenario: { downloads: [step] }, timing: { downloadLimitMs: 500 } }
    await withSite(options, async (site) => {
      await site.run('image_edit', prompt)
      assert.ok(downloads(site).length >= 2)
    })
  }
})

test.run()
