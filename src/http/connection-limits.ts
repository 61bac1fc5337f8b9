// How many connections may be open, in total and from one address. Whoever comes too late is told by HTTP as long as
// that costs little; over https, and in a flood, the connection is just closed.
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Middleware } from 'koa'
import { AppError, type ErrorCode } from '../errors.ts'
import { type AddressTest, parseAddress, toNetwork } from '../lib/addresses.ts'
import type { Log } from '../lib/log.ts'

export interface ConnectionLimits {
  maxConnections: number
  maxConnectionsPerAddress: number
  /** Of these there may be any number, within the total. */
  isUnlimited: AddressTest
  /** To be refused before a handshake, which costs more than the refusal saves. */
  isEncrypted: boolean
  log: Log
}

/** So many refused connections are kept open at once for saying why. */
const maxRefusedOpen = 64
const refusedMs = 3_000
const retryAfterSec = 5
/** From this share of the total on, connections that wait for a next request are closed. */
const crowded = 0.9
const reclaimEveryMs = 1_000
const warnEveryMs = 10_000

const refusals = new WeakMap<object, ErrorCode>()

export function limitConnections(server: Server, limits: ConnectionLimits): void {
  const { maxConnections, maxConnectionsPerAddress, isUnlimited, isEncrypted, log } = limits
  const openOf = new Map<string, number>()
  let open = 0
  let refusedOpen = 0
  let reclaimedAt = Number.NEGATIVE_INFINITY
  let warnedAt = Number.NEGATIVE_INFINITY
  let refusedSince = 0

  server.on('connection', (socket: Socket) => {
    const address = parseAddress(socket.remoteAddress ?? '') ?? ''
    const network = toNetwork(address)
    const code = findRefusal(address, network)
    if (code !== undefined) return refuse(socket, code, address)
    open += 1
    openOf.set(network, (openOf.get(network) ?? 0) + 1)
    socket.once('close', () => {
      open -= 1
      const left = (openOf.get(network) ?? 1) - 1
      if (left > 0) openOf.set(network, left)
      else openOf.delete(network)
    })
    if (open > maxConnections * crowded) reclaimIdle()
  })

  function findRefusal(address: string, network: string): ErrorCode | undefined {
    if (open >= maxConnections) return 'server_busy'
    const isFull = (openOf.get(network) ?? 0) >= maxConnectionsPerAddress
    return isFull && !isUnlimited(address) ? 'too_many_connections' : undefined
  }

  function refuse(socket: Socket, code: ErrorCode, address: string): void {
    warn(code, address)
    if (isEncrypted || refusedOpen >= maxRefusedOpen) {
      socket.destroy()
      return
    }
    refusedOpen += 1
    refusals.set(socket, code)
    const timer = setTimeout(() => socket.destroy(), refusedMs)
    socket.once('close', () => {
      clearTimeout(timer)
      refusedOpen -= 1
    })
  }

  function reclaimIdle(): void {
    const now = performance.now()
    if (now - reclaimedAt < reclaimEveryMs) return
    reclaimedAt = now
    server.closeIdleConnections()
  }

  function warn(code: ErrorCode, address: string): void {
    refusedSince += 1
    const now = performance.now()
    if (now - warnedAt < warnEveryMs) return
    warnedAt = now
    log.warn({ code, address, open, refused: refusedSince }, 'connections.refused')
    refusedSince = 0
  }
}

/** Tells whoever came too late, whatever the request was. */
export const refuseSurplus: Middleware = async (ctx, next) => {
  const code = refusals.get(ctx.req.socket)
  if (code === undefined) return next()
  ctx.set('Connection', 'close')
  throw new AppError(code, { retryAfterSec })
}
