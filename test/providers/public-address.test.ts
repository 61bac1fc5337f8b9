import type { LookupAddress } from 'node:dns'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertPublicAddress, isPublicIp, publicLookup } from '../../src/providers/public-address.ts'

const test = suite('providers/public-address')

const closed = [
  '127.0.0.1',
  '127.8.9.10',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:10.0.0.1',
  '::ffff:7f00:1',
  'fe80::1',
  'fc00::1',
  'fd12:3456::1',
  'ff02::1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::1',
  '2001:db8::1',
]
const open = ['8.8.8.8', '172.32.0.1', '192.167.0.1', '2606:4700::1111', '::ffff:8.8.8.8']

test('only addresses of the open Internet count as public', () => {
  assert.equal(closed.filter(isPublicIp), [])
  assert.equal(open.filter(isPublicIp), open)
})

test('an address that is a number is judged before anything is connected', () => {
  for (const ip of closed) assert.throws(() => assertPublicAddress(toUrl(ip)), isRefusal, ip)
  for (const ip of open) assertPublicAddress(toUrl(ip))
})

test('other ways of writing a number are the same number', () => {
  for (const host of ['2130706433', '0x7f.1', '127.1', '0177.0.0.1', '[::ffff:7f00:1]']) {
    assert.throws(() => assertPublicAddress(new URL(`http://${host}/`)), isRefusal, host)
  }
})

test('a name is left to the moment of connecting', () => {
  assertPublicAddress(new URL('http://localhost/'))
})

test('a name that resolves into this machine is refused then', async () => {
  for (const options of [{}, { all: true }]) {
    const { error, address } = await look('localhost', options)
    assert.ok(isRefusal(error))
    assert.equal(address, [])
  }
})

test('a public address is handed on in the form that was asked for', async () => {
  assert.equal(await look('8.8.8.8', {}), { error: null, address: '8.8.8.8', family: 4 })
  const all = await look('8.8.8.8', { all: true })
  assert.equal(all.address, [{ address: '8.8.8.8', family: 4 }])
})

const toUrl = (ip: string) => new URL(`http://${ip.includes(':') ? `[${ip}]` : ip}/`)

const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'bad_response'

interface Looked {
  error: Error | null
  address: string | LookupAddress[]
  family: number | undefined
}

const look = (hostname: string, options: object): Promise<Looked> =>
  new Promise((resolve) => {
    publicLookup(hostname, options, (error, address, family) => resolve({ error, address, family }))
  })

test.run()
