// A whole server whose slot-001 is painted by vendors that the test controls.
import { startPool } from '../../src/worker/pool.ts'
import { sendPhoto } from './booth.ts'
import { openTestServer, type TestServer } from './server.ts'
import { createVendor, type Vendor } from './vendor.ts'

export interface VendorSite extends TestServer {
  vendor: Vendor
  /** Another one, for fallbacks. */
  second: Vendor
  /** The slot's own settings beside the operation's. */
  setSlot(settings?: Record<string, unknown>): Promise<void>
  send(fields?: Record<string, string>): Promise<Response>
  events(response: Response): Promise<string[]>
  /** Another pool of workers, as after a restart; stopped with the server. */
  startWorkers(): ReturnType<typeof startPool>
}

type VendorOptions = Parameters<typeof openTestServer>[0] & {
  first?: Parameters<typeof createVendor>[0]
  other?: Parameters<typeof createVendor>[0]
}

export const fallback = (id: string, settings: Record<string, unknown> = {}) => ({
  provider_id: id,
  operation_id: 'edit',
  settings,
})

export async function withVendors(work: (site: VendorSite) => Promise<void>, options: VendorOptions = {}) {
  const { first, other, ...rest } = options
  const server = await openTestServer(rest)
  const { app } = server
  const vendor = createVendor({ id: 'vendor', ...first })
  const second = createVendor({ id: 'second', priceUsd: 0.1, ...other })
  for (const { provider } of [vendor, second]) app.providers.set(provider.id, provider)
  const pools: ReturnType<typeof startPool>[] = []
  const setSlot = async (settings: Record<string, unknown> = {}) => {
    await app.slots.update('slot-001', { providerId: 'vendor', operationId: 'edit', settings })
  }
  await setSlot()
  try {
    await work({
      ...server,
      vendor,
      second,
      setSlot,
      send: (fields = {}) => sendPhoto(server.url, 'slot-001', { password: server.password, fields }),
      events: async (response) => (await app.reader.log(jobIdOf(response))).map(({ event }) => event),
      startWorkers() {
        const pool = startPool(app, 1)
        pools.push(pool)
        return pool
      },
    })
  } finally {
    for (const pool of pools) await pool.stop(0)
    await server.close()
  }
}

export const jobIdOf = (response: Response): string => response.headers.get('x-job-id') ?? ''

/** Whose picture the booth has got, and why it is not one of the slot's. */
export const originOf = ({ headers }: Response) => [
  headers.get('x-photochanger-provider'),
  headers.get('x-photochanger-degraded'),
]
