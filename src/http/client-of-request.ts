// Who has sent a request, by which protocol, to which host: the connection's own facts, or what proxies that are trusted
// say of the client behind them. Koa's `proxy` option is not used: it believes everybody, and the far end of the list.
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type Koa from 'koa'
import { type AddressTest, parseAddress } from '../lib/addresses.ts'

interface Client {
  address: string
  protocol: 'http' | 'https'
  host: string
}

/** Makes `ctx.ip`, `protocol` (and with it `secure`) and `host` tell of the client. */
export function knowClients(koa: Koa, isTrustedProxy: AddressTest): void {
  const known = new WeakMap<IncomingMessage, Client>()
  const clientOf = (req: IncomingMessage): Client => {
    let client = known.get(req)
    if (!client) {
      client = readClient(req, isTrustedProxy)
      known.set(req, client)
    }
    return client
  }
  Object.defineProperty(koa.request, 'ips', { configurable: true, value: [] })
  for (const [name, key] of [
    ['ip', 'address'],
    ['protocol', 'protocol'],
    ['host', 'host'],
  ] as const) {
    Object.defineProperty(koa.request, name, {
      configurable: true,
      get(this: { req: IncomingMessage }) {
        return clientOf(this.req)[key]
      },
    })
  }
}

export function readClient(req: IncomingMessage, isTrustedProxy: AddressTest): Client {
  const peer = peerOf(req)
  const own: Client = {
    address: peer,
    protocol: (req.socket as Partial<TLSSocket>).encrypted ? 'https' : 'http',
    host: toHost(req.headers.host) ?? '',
  }
  if (!isTrustedProxy(peer)) return own
  const told = readForwarded(req)
  return {
    address: findClient(peer, told.addresses, isTrustedProxy),
    protocol: told.protocol ?? own.protocol,
    host: told.host ?? own.host,
  }
}

/** The other end of the connection, be it client or proxy. */
export function peerOf({ socket }: IncomingMessage): string {
  const { remoteAddress = '' } = socket
  return parseAddress(remoteAddress) ?? remoteAddress
}

/** From the nearest hop outwards, as long as those who tell are trusted: the rest of the list anybody can have written. */
function findClient(peer: string, hops: readonly string[], isTrustedProxy: AddressTest): string {
  let client = peer
  for (const hop of hops.toReversed()) {
    const address = parseAddress(hop)
    if (!isTrustedProxy(client) || address === undefined) break
    client = address
  }
  return client
}

interface Told {
  addresses: string[]
  protocol: Client['protocol'] | undefined
  host: string | undefined
}

/** `Forwarded` counts only without any X-Forwarded header: who sets one passes the other one on unseen. */
function readForwarded({ headers }: IncomingMessage): Told {
  const names = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'] as const
  if (names.some((name) => headers[name] !== undefined)) {
    const [addresses = [], protocols = [], hosts = []] = names.map((name) => toList(headers[name]))
    return { addresses, protocol: toProtocol(protocols.at(-1)), host: toHost(hosts.at(-1)) }
  }
  const hops = splitOutsideQuotes(headers.forwarded ?? '', ',').map(toPairs)
  return {
    addresses: hops.map((hop) => hop.get('for') ?? ''),
    protocol: toProtocol(hops.at(-1)?.get('proto')),
    host: toHost(hops.at(-1)?.get('host')),
  }
}

const toList = (header: string | string[] | undefined): string[] =>
  [header ?? []]
    .flat()
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '')

function toPairs(hop: string): Map<string, string> {
  return new Map(
    splitOutsideQuotes(hop, ';').map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s)
      return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')]
    }),
  )
}

function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] {
  const parts = text.match(separator === ',' ? /("[^"]*"|[^,"])+/g : /("[^"]*"|[^;"])+/g)
  return parts ?? []
}

function toProtocol(text: string | undefined): Client['protocol'] | undefined {
  const name = text?.toLowerCase()
  return name === 'http' || name === 'https' ? name : undefined
}

const toHost = (text: string | undefined): string | undefined =>
  text !== undefined && /^([\w.-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?$/.test(text) ? text : undefined
