// Network addresses: in one spelling, as the network that one client can have, and in lists of whom to trust.
import ipaddr from 'ipaddr.js'
import { compile } from 'proxy-addr'

/** IPv4 without its IPv6 disguise, and without a port; undefined for anything that is no address. */
export function parseAddress(text: string): string | undefined {
  const bare = /^\[(.+)\](:\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text
  return ipaddr.isValid(bare) ? ipaddr.process(bare).toString() : undefined
}

/** Whoever has an IPv6 address has 2^64 of them. */
export function toNetwork(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString()
}

export type AddressTest = (address: string) => boolean

/**
 * Addresses, networks (10.0.0.0/8) and the names loopback, linklocal, uniquelocal, with commas between them.
 * @throws TypeError that says what is wrong
 */
export function parseAddressList(list: string): AddressTest {
  const entries = list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  if (entries.length === 0) return () => false
  const isListed = compile(entries)
  return (address) => isListed(address, 0)
}

const isLoopbackAddress = parseAddressList('loopback')

export const isLoopback: AddressTest = (address) => isLoopbackAddress(address)
