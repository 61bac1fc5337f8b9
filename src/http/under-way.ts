// Requests that are being answered. A server that ends asks its clients to come back on a new connection, and waits for the
// last handlers, whose database would be gone otherwise.
import type { Middleware } from 'koa'
import { sleep } from '../lib/abort.ts'

export interface RequestsUnderWay {
  middleware: Middleware
  /** From now on each connection ends with the answer that is being given on it. */
  closeConnections(): void
  /** Resolves when no handler runs any more, or the time is up. */
  idle(atMostMs: number): Promise<void>
}

export function createRequestsUnderWay(): RequestsUnderWay {
  const running = new Set<Promise<unknown>>()
  let isClosing = false

  return {
    async middleware(ctx, next) {
      const handled = next()
      running.add(handled)
      try {
        await handled
      } finally {
        running.delete(handled)
        if (isClosing && !ctx.headerSent) ctx.set('Connection', 'close')
      }
    },
    closeConnections() {
      isClosing = true
    },
    async idle(atMostMs) {
      const patience = new AbortController()
      await Promise.race([Promise.allSettled(running), sleep(atMostMs, patience.signal)])
      patience.abort()
    },
  }
}
