// How full the media store is. Counting walks all files, so a count stands for a minute, and longer where it takes long:
// a store in the network is asked page by page. While it is counted anew the old count is told.
import type { MediaStore, StoreUsage } from '../storage/store.ts'

const leastFreshMs = 60_000
/** At most this part of the time is spent on counting. */
const dutyShare = 1 / 60

export function createUsageReader(
  store: Pick<MediaStore, 'usage'>,
  now: () => number = () => performance.now(),
): () => Promise<StoreUsage> {
  let known: StoreUsage | undefined
  let countedAt = 0
  let freshMs = 0
  let counting: Promise<StoreUsage> | undefined

  async function count(): Promise<StoreUsage> {
    const startedAt = now()
    try {
      known = await store.usage()
      countedAt = now()
      freshMs = Math.max(leastFreshMs, (countedAt - startedAt) / dutyShare)
      return known
    } finally {
      counting = undefined
    }
  }

  return async () => {
    if (known && now() - countedAt <= freshMs) return known
    counting ??= count()
    if (!known) return counting
    counting.catch(() => undefined) // The next one asks again.
    return known
  }
}
