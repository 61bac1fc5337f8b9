// Sends a message to the webhook: at most three tries of five seconds. The address may be private, as an ntfy in the
// house is; it is a secret and stands in no message.
import { setTimeout as pause } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import { createHttpClient } from '../providers/request.ts'
import type { Posting } from './message.ts'

const tryMs = 5_000
const tries = 3
const pauseMs = 1_000
const enoughBytes = 64 * 1024

export interface Delivery {
  isDelivered: boolean
  /** HTTP status of the last answer; undefined where there was none. */
  status: number | undefined
  /** Why it was not delivered, without the address. */
  problem: string | undefined
}

export type Deliver = (url: string, posting: Posting) => Promise<Delivery>

/** Never rejects. `stopping` ends it at once. */
export function createDeliver({
  stopping,
  wait = (ms) => pause(ms, undefined, { signal: stopping }),
}: {
  stopping: AbortSignal
  wait?: (ms: number) => Promise<unknown>
}): Deliver {
  return async (url, posting) => {
    const { origin, pathname, search } = new URL(url)
    const client = createHttpClient({ baseUrl: origin, connections: 1 })
    let delivery: Delivery = { isDelivered: false, status: undefined, problem: undefined }
    try {
      for (let left = tries; left > 0; left -= 1) {
        delivery = await tryOnce(client, `${pathname}${search}`, posting, stopping)
        const isHopeless = delivery.status !== undefined && delivery.status < 500 && delivery.status !== 429
        if (delivery.isDelivered || isHopeless || stopping.aborted || left === 1) break
        await wait(pauseMs)
      }
    } catch {
      // Stopped while it waited for the next try: what the last one said stands.
    } finally {
      await client.close()
    }
    return delivery
  }
}

async function tryOnce(
  client: ReturnType<typeof createHttpClient>,
  path: string,
  { headers, body }: Posting,
  stopping: AbortSignal,
): Promise<Delivery> {
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(tryMs)])
  try {
    const { status } = await client.request({
      method: 'POST',
      path,
      headers,
      body,
      signal,
      maxBytes: enoughBytes,
    })
    const isDelivered = status >= 200 && status < 300
    return { isDelivered, status, problem: isDelivered ? undefined : `HTTP ${status}` }
  } catch (error) {
    const code = error instanceof AppError ? error.message.match(/\((\w+)\)/)?.[1] : undefined
    return { isDelivered: false, status: undefined, problem: code ?? `no answer in ${tryMs / 1000} s` }
  }
}
