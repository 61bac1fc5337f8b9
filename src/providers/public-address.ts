// Keeps requests for addresses that somebody else names out of private networks (SSRF).
import { type LookupOptions, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { AppError } from '../errors.ts'

/** False for loopback, private, link-local, multicast and every other range that is not the open Internet. */
export function isPublicIp(address: string): boolean {
  return ipaddr.process(address).range() === 'unicast'
}

const refusal = () =>
  new AppError('bad_response', { message: 'The provider names a result inside a private network.' })

/** For addresses that are numbers already; names are looked at when they are resolved. @throws AppError bad_response */
export function assertPublicAddress({ hostname }: URL): void {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !isPublicIp(host)) throw refusal()
}

/** Resolves names for a connection, and refuses when any of their addresses is not public. */
export const publicLookup: LookupFunction = (hostname, options: LookupOptions, done) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, [])
    const isSafe = addresses.every(({ address }) => isPublicIp(address))
    if (!isSafe) return done(refusal() as NodeJS.ErrnoException, [])
    const [first] = addresses
    if (options.all || !first) return done(null, addresses)
    done(null, first.address, first.family)
  })
}
