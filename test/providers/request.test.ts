import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../src/errors.ts'
import { createHttpClient } from '../../src/providers/request.ts'
import { rejectionOf } from '../support/rejection.ts'
import { until } from '../support/until.ts'
import { cut, failureOf, greet, type Handler, hang, type Site, signal, stall, withSite } from './loopback.ts'

const test = suite('providers/request')

test('every status is an answer, with its headers in lower case', async () => {
  const teapot: Handler = (_, res) => void res.writeHead(418, { 'X-Odd': 'yes' }).end('tea')
  await withSite(teapot, async ({ client }) => {
    const { status, headers, body } = await client.request({ method: 'GET', path: 'pot', signal })
    assert.equal([status, headers['x-odd'], body.toString()], [418, 'yes', 'tea'])
  })
})

test('a path goes below the base address, with slashes or without', async () => {
  for (const prefix of ['/gate/way', '/gate/way/']) {
    const check = async ({ url, client, seen }: Site) => {
      for (const path of ['v1/x:do?a=1', '/v1/x:do?a=1', `${url}/other`]) {
        await client.request({ method: 'GET', path, signal })
      }
      assert.equal(
        seen.map(({ url: path }) => path),
        ['/gate/way/v1/x:do?a=1', '/gate/way/v1/x:do?a=1', '/other'],
      )
    }
    await withSite(greet, check, { prefix })
  }
})

test('a call never leaves its provider, so that the key does not either', async () => {
  await withSite(greet, async ({ client }) => {
    const path = 'https://elsewhere.example/api'
    assert.match((await rejectionOf(client.request({ method: 'GET', path, signal }))).message, /elsewhere/)
  })
})

test('a form is sent as one, in UTF-8', async () => {
  const echo: Handler = (req, res) => {
    res.setHeader('x-type', req.headers['content-type'] ?? '')
    req.pipe(res)
  }
  await withSite(echo, async ({ client }) => {
    const form = new URLSearchParams({ do: 'create queue', content: 'В стиле & комикса' })
    const answer = await client.request({ method: 'POST', path: '', body: form, signal })
    assert.is(answer.headers['x-type'], 'application/x-www-form-urlencoded')
    assert.match(answer.body.toString(), /^do=create\+queue&content=%D0%92/)
    assert.equal([...new URLSearchParams(answer.body.toString())], [...form])
  })
})

test('a connection that fails before the answer says so, and one that breaks within it says more', async () => {
  const reset: Handler = (req) => void req.socket.resetAndDestroy()
  await withSite(reset, async ({ client }) => {
    const { code, details } = await failureOf(client.request({ method: 'POST', path: '', signal }))
    assert.equal([code, details], ['provider_unavailable', undefined])
  })
  await withSite(cut, async ({ client }) => {
    const { code, details } = await failureOf(client.request({ method: 'POST', path: '', signal }))
    assert.equal([code, details], ['provider_unavailable', { http_status: 200 }])
  })
})

test('a provider that is not there is unavailable', async () => {
  const client = createHttpClient({ baseUrl: `http://127.0.0.1:${await findClosedPort()}` })
  const { code, message } = await failureOf(client.request({ method: 'GET', path: '', signal }))
  assert.is(code, 'provider_unavailable')
  assert.match(message, /ECONNREFUSED/)
  await client.close()
})

async function findClosedPort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('an answer that is too long is not read to its end', async () => {
  await withSite(greet, async ({ client, url, targetPath }) => {
    const asked = { method: 'GET', path: '', signal, maxBytes: 5 } as const
    assert.is((await client.request(asked)).body.length, 5)
    const failure = await failureOf(client.request({ ...asked, maxBytes: 4 }))
    assert.is(failure.code, 'bad_response')
    const download = await failureOf(client.download({ url, targetPath, signal, maxBytes: 4 }))
    assert.is(download.code, 'bad_response')
  })
})

test('the signal ends a call that waits for its answer, or for the rest of it', async () => {
  for (const handler of [hang, stall]) {
    await withSite(handler, async ({ client, seen, url, targetPath }) => {
      const calls = [
        (signal: AbortSignal) => client.request({ method: 'GET', path: '', signal }),
        (signal: AbortSignal) => client.download({ url, targetPath, signal }),
      ]
      for (const [index, call] of calls.entries()) {
        const controller = new AbortController()
        const reason = new Error('the window has closed')
        const outcome = rejectionOf(call(controller.signal))
        await until(() => seen.length > index, 'the call has arrived')
        controller.abort(reason)
        assert.is(await outcome, reason)
      }
    })
  }
})

test('the signal ends a call that waits for a free connection', async () => {
  const check = async ({ client, seen }: Site) => {
    const first = rejectionOf(client.request({ method: 'GET', path: '1', signal }))
    await until(() => seen.length === 1, 'the only connection is taken')
    const controller = new AbortController()
    const reason = new Error('the window has closed')
    const second = rejectionOf(client.request({ method: 'GET', path: '2', signal: controller.signal }))
    controller.abort(reason)
    assert.is(await second, reason)
    await client.close()
    assert.instance(await first, AppError)
    assert.is(seen.length, 1)
  }
  await withSite(hang, check, { connections: 1 })
})

test('a signal that has fired before sends nothing', async () => {
  await withSite(greet, async ({ client, seen, url, targetPath }) => {
    const reason = new Error('too late already')
    const late = AbortSignal.abort(reason)
    assert.is(await rejectionOf(client.request({ method: 'GET', path: '', signal: late })), reason)
    assert.is(await rejectionOf(client.download({ url, targetPath, signal: late })), reason)
    assert.is(seen.length, 0)
  })
})

test('a call leaves nothing behind on its signal', async () => {
  await withSite(greet, async ({ client, url, targetPath }) => {
    const controller = new AbortController()
    let listeners = 0
    const { addEventListener, removeEventListener } = AbortSignal.prototype
    controller.signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners += 1
      addEventListener.apply(controller.signal, args)
    }
    controller.signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners -= 1
      removeEventListener.apply(controller.signal, args)
    }
    await client.request({ method: 'GET', path: '', signal: controller.signal })
    await client.download({ url, targetPath, signal: controller.signal })
    await until(() => listeners === 0, 'every listener is gone')
  })
})

test('closing ends what is still running', async () => {
  await withSite(hang, async ({ client, seen }) => {
    const call = failureOf(client.request({ method: 'GET', path: '', signal }))
    await until(() => seen.length === 1, 'the call has arrived')
    await client.close()
    assert.is((await call).code, 'provider_unavailable')
  })
})

test.run()
