import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../src/errors.ts'
import { createKeyedProvider, toFingerprint } from '../../src/providers/keyed.ts'
import type { Access, Provider } from '../../src/providers/provider.ts'
import { createGate } from '../support/gate.ts'
import { rejectionOf } from '../support/rejection.ts'
import { taskIn } from '../support/task.ts'
import { createVendor, type Vendor } from '../support/vendor.ts'

const test = suite('providers/keyed')

const withKey = (apiKey: string | undefined): Access => ({ apiKey, baseUrl: undefined })

interface Built {
  access: Access
  vendor: Vendor
  isClosed: boolean
}

function setup() {
  const built: Built[] = []
  let access: () => Promise<Access> = async () => withKey('one')
  const provider = createKeyedProvider({
    initial: withKey(undefined),
    findAccess: () => access(),
    build(own): Provider {
      const vendor = createVendor()
      const one: Built = { access: own, vendor, isClosed: false }
      built.push(one)
      return {
        ...vendor.provider,
        title: 'The vendor',
        isConfigured: () => own.apiKey !== undefined,
        async close() {
          one.isClosed = true
        },
      }
    },
  })
  return {
    built,
    provider,
    setKey(apiKey: string | undefined) {
      access = async () => withKey(apiKey)
    },
    breakWith(error: Error) {
      access = () => Promise.reject(error)
    },
    run() {
      const operation = provider.operations.edit
      if (!operation) throw new Error('The provider has lost its operation.')
      return operation.run(taskIn('/nowhere'))
    },
  }
}

const done = async () => ({ path: '/nowhere/picture.jpg', mime: 'image/jpeg' })

test('every call goes to an adapter for the key in force, which is made once for each key', async () => {
  const { built, provider, setKey, run } = setup()
  assert.is(await provider.isConfigured?.(), true)
  for (const { vendor } of built) vendor.behave(done)
  await run()
  await run()
  setKey('two')
  const calling = provider.isConfigured?.()
  await calling
  built[2]?.vendor.behave(done)
  await run()
  assert.equal(
    built.map(({ access, vendor }) => [access.apiKey, vendor.calls.length]),
    [
      [undefined, 0],
      ['one', 2],
      ['two', 1],
    ],
  )
})

test('an adapter that was replaced ends its calls before it is closed', async () => {
  const { built, provider, setKey, run } = setup()
  await provider.isConfigured?.()
  const gate = createGate()
  built[1]?.vendor.behave(async (task) => {
    await gate.promise
    assert.is(built[1]?.isClosed, false)
    return { path: task.photo.path, mime: 'image/jpeg' }
  })
  const running = run()
  setKey('two')
  await provider.isConfigured?.()
  assert.equal(
    built.map(({ isClosed }) => isClosed),
    [true, false, false],
  )
  gate.open()
  await running
  assert.is(built[1]?.isClosed, true)
  await provider.close?.()
  assert.is(built[2]?.isClosed, true)
})

test('a call that fails counts as ended too', async () => {
  const { built, provider, setKey, run } = setup()
  await provider.isConfigured?.()
  built[1]?.vendor.behave(() => Promise.reject(new AppError('no_image')))
  assert.is((await rejectionOf(run())).code, 'no_image')
  setKey('two')
  await provider.isConfigured?.()
  assert.is(built[1]?.isClosed, true)
})

test('without a key, or with one that cannot be opened, it is not configured', async () => {
  const { provider, setKey, breakWith, run } = setup()
  setKey(undefined)
  assert.is(await provider.isConfigured?.(), false)
  breakWith(new AppError('auth_config', { message: 'The stored key cannot be opened.' }))
  assert.is(await provider.isConfigured?.(), false)
  assert.is((await rejectionOf(run())).message, 'The stored key cannot be opened.')
  breakWith(new AppError('queue_unavailable'))
  assert.is((await rejectionOf(Promise.resolve(provider.isConfigured?.()))).code, 'queue_unavailable')
})

test('a photo is made with the key that was known last while the database is away', async () => {
  const { built, provider, breakWith, run } = setup()
  await provider.isConfigured?.()
  built[1]?.vendor.behave(done)
  breakWith(new AppError('queue_unavailable'))
  await run()
  assert.is(built[1]?.vendor.calls.length, 1)
})

test('the fingerprint follows the key, and comes back with it', async () => {
  const { provider, setKey } = setup()
  const first = await provider.fingerprint()
  setKey('two')
  const second = await provider.fingerprint()
  setKey('one')
  assert.is(await provider.fingerprint(), first)
  assert.is.not(first, second)
  assert.is(first, toFingerprint(withKey('one')))
  assert.is.not(toFingerprint({ apiKey: 'one', baseUrl: 'https://other.example' }), first)
})

test.run()
