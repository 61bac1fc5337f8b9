// A provider whose key and address may change while the program runs: each call goes to an adapter that was made for
// those in force at that moment. Where they are kept is not known here.
import { createHash } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { Access, Operation, Provider } from './provider.ts'

interface KeyedOptions {
  /** Makes the adapter; without a key it is made all the same, and is not configured. */
  build(access: Access): Provider
  /** In force now; asked before each call. @throws AppError auth_config when it cannot be read */
  findAccess(): Promise<Access>
  /** What the operations are described by until the first call. */
  initial: Access
}

interface Instance {
  provider: Provider
  access: Access
  /** Calls that have not ended; the last one closes what has been replaced. */
  running: number
  operations: Provider['operations']
}

export interface KeyedProvider extends Provider {
  /** Of the access in force, which the operations follow from then on. @throws AppError auth_config */
  fingerprint(): Promise<string>
}

export function createKeyedProvider({ build, findAccess, initial }: KeyedOptions): KeyedProvider {
  const closing = new Set<Promise<void>>()
  let current = createInstance(initial)

  function createInstance(access: Access): Instance {
    const provider = build(access)
    const operations = Object.entries(provider.operations).map(([id, operation]): [string, Operation] => [
      id,
      {
        ...operation,
        run: (task) => withCurrent((now) => operationOf(now, id).run(task), { doesWithout: true }),
      },
    ])
    return { provider, access, running: 0, operations: Object.fromEntries(operations) }
  }

  /**
   * Nothing is awaited between finding the instance and counting the call: it cannot be closed in between.
   * `doesWithout`: what was known last is good enough where the database is away.
   */
  async function withCurrent<T>(
    work: (provider: Provider, access: Access) => Promise<T> | T,
    { doesWithout = false } = {},
  ): Promise<T> {
    let access: Access
    try {
      access = await findAccess()
    } catch (error) {
      if (!doesWithout || !(error instanceof AppError) || error.code !== 'queue_unavailable') throw error
      access = current.access
    }
    if (!isSame(access, current.access)) {
      const replaced = current
      current = createInstance(access)
      closeWhenIdle(replaced)
    }
    const instance = current
    instance.running += 1
    try {
      return await work(instance.provider, instance.access)
    } finally {
      instance.running -= 1
      closeWhenIdle(instance)
    }
  }

  function closeWhenIdle(instance: Instance): void {
    if (instance === current || instance.running > 0) return
    // What it was called for is over; that its connections end badly is nobody's loss.
    const closed = Promise.resolve(instance.provider.close?.()).catch(() => undefined)
    closing.add(closed)
    closed.finally(() => closing.delete(closed))
  }

  const { id, title, limits, checkAccess, fetchesByAddress } = current.provider
  return {
    id,
    title,
    ...(limits && { limits }),
    ...(fetchesByAddress && { fetchesByAddress }),
    get operations() {
      return current.operations
    },
    fingerprint: () => withCurrent((_, access) => toFingerprint(access)),
    async isConfigured() {
      try {
        return await withCurrent((provider) => provider.isConfigured?.() ?? true)
      } catch (error) {
        // With a key that cannot be opened it is as unusable as without one.
        if (error instanceof AppError && error.code === 'auth_config') return false
        throw error
      }
    },
    ...(checkAccess && {
      checkAccess: (signal: AbortSignal) =>
        withCurrent((provider) => provider.checkAccess?.(signal) ?? 'cannot_tell'),
    }),
    async close() {
      await current.provider.close?.()
      await Promise.all(closing)
    },
  }
}

/** Tells keys and addresses apart; what they are cannot be read from it. */
export function toFingerprint(access: Access | undefined): string {
  const own = access && { apiKey: access.apiKey, baseUrl: access.baseUrl }
  return createHash('sha256')
    .update(JSON.stringify(own ?? null))
    .digest('hex')
    .slice(0, 8)
}

const isSame = (one: Access, other: Access) => one.apiKey === other.apiKey && one.baseUrl === other.baseUrl

function operationOf({ id, operations }: Provider, operationId: string): Operation {
  const operation = operations[operationId]
  if (operation) return operation
  throw new AppError('auth_config', { message: `There is no ${id}/${operationId} with this key.` })
}
