// What a vendor names as its result: where it may be, who is asked with the key, and what becomes of the file.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { LookupFunction } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cut, failureOf, greet, type Handler, type Site, signal, withSite } from './loopback.ts'

const test = suite('providers/request: download')

test('a picture is saved as it came, and another status leaves no file', async () => {
  const some: Handler = (req, res) => void res.writeHead(req.url === '/gone' ? 410 : 200).end('hello')
  await withSite(some, async ({ client, url, targetPath }) => {
    assert.is(await client.download({ url: `${url}/gone`, targetPath, signal }), 410)
    assert.not(existsSync(targetPath))
    assert.is(await client.download({ url: `${url}/here`, targetPath, signal }), 200)
    assert.is(await readFile(targetPath, 'utf8'), 'hello')
  })
})

test('three redirects are followed, and no fourth', async () => {
  const chain: Handler = (req, res) => {
    const left = Number(req.url?.slice(1))
    if (left === 0) res.end('hello')
    else res.writeHead(302, { location: `${left - 1}` }).end('moved')
  }
  await withSite(chain, async ({ client, url, targetPath }) => {
    assert.is(await client.download({ url: `${url}/3`, targetPath, signal }), 200)
    const failure = await failureOf(client.download({ url: `${url}/4`, targetPath, signal }))
    assert.is(failure.code, 'bad_response')
  })
})

test('an address inside a private network is not asked, not even after a redirect', async () => {
  await withSite(greet, async (secret) => {
    const away: Handler = (_, res) => void res.writeHead(302, { location: secret.url }).end()
    await withSite(away, async ({ client, url, targetPath }) => {
      const named = secret.url.replace('127.0.0.1', 'localhost')
      for (const address of [url, secret.url, named, 'http://169.254.169.254/latest/', 'http://[::1]:1/']) {
        const { code } = await failureOf(client.download({ url: address, targetPath, signal }))
        assert.is(code, 'bad_response', address)
      }
      assert.is(secret.seen.length, 0)
      assert.not(existsSync(targetPath))
    })
  })
})

test('an address that is none, or of another kind, is a bad response', async () => {
  const lost: Handler = (_, res) => void res.writeHead(302, { location: 'http://[nowhere' }).end()
  await withSite(lost, async ({ client, url, targetPath }) => {
    for (const address of [url, 'image/1.png', '', 'file:///etc/passwd', 'ftp://files.example/1.png']) {
      const { code } = await failureOf(client.download({ url: address, targetPath, signal }))
      assert.is(code, 'bad_response', address)
    }
  })
})

test('the key goes to the provider and to nobody whom it names', async () => {
  const toThisMachine: LookupFunction = (_, options, done) => {
    if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }])
    else done(null, '127.0.0.1', 4)
  }
  await withSite(greet, async (foreign) => {
    const elsewhere = foreign.url.replace('127.0.0.1', 'pictures.example')
    const away: Handler = (_, res) => void res.writeHead(302, { location: elsewhere }).end()
    const check = async ({ client, seen, url, targetPath }: Site) => {
      const headers = { authorization: 'Bearer secret' }
      for (const address of [url, elsewhere]) {
        assert.is(await client.download({ url: address, targetPath, headers, signal }), 200)
      }
      assert.equal(
        seen.map((req) => req.headers.authorization),
        ['Bearer secret'],
      )
      assert.equal(
        foreign.seen.map((req) => req.headers.authorization),
        [undefined, undefined],
      )
    }
    await withSite(away, check, { lookup: toThisMachine })
  })
})

test('a download that breaks off is the fault of the provider, and a full disk is not', async () => {
  await withSite(cut, async ({ client, url, targetPath }) => {
    const { code } = await failureOf(client.download({ url, targetPath, signal }))
    assert.is(code, 'provider_unavailable')
  })
  await withSite(greet, async ({ client, url, targetPath }) => {
    const nowhere = join(targetPath, 'no such folder', 'picture')
    const { code } = await failureOf(client.download({ url, targetPath: nowhere, signal }))
    assert.is(code, 'storage_unavailable')
  })
})

test.run()
