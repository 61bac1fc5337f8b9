// How full the media store is. Counting walks all files, so a count stands for a minute.
import type { MediaStore, StoreUsage } from '../storage/store.ts'

const freshMs = 60_000

export function createUsageReader(store: Pick<MediaStore, 'usage'>): () => Promise<StoreUsage> {
  let known: { usage: Promise<StoreUsage>; readAt: number } | undefined
  return () => {
    const now = performance.now()
    if (!known || now - known.readAt > freshMs) {
      const usage = store.usage()
      known = { usage, readAt: now }
      usage.catch(() => {
        known = undefined // The next one asks again.
      })
    }
    return known.usage
  }
}
