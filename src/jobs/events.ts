// Waiting for an announcement about jobs: in-process events, or "another process has written".
import type { Database, Topic } from '../db/database.ts'

interface WaitOptions {
  topic: Topic
  /** Only announcements of this job, or of something unknown. */
  id?: string
  /** Resolves after this time in any case: announcements may be lost, the rows are the truth. */
  atMostMs: number
  signal?: AbortSignal
}

export interface Announcement {
  /** Resolves once: at the first fitting announcement since `expectAnnouncement`, the time limit, or the signal. */
  arrived: Promise<void>
  cancel(): void
}

/** Listens from now on, so that nothing announced between a look at the rows and the waiting is missed. */
export function expectAnnouncement(db: Database, { topic, id, atMostMs, signal }: WaitOptions): Announcement {
  let resolve: () => void = () => undefined
  const arrived = new Promise<void>((settle) => {
    resolve = settle
  })
  const timer = setTimeout(finish, Math.max(0, atMostMs))
  const stopListening = db.listen(topic, (announced) => {
    if (id === undefined || announced === undefined || announced === id) finish()
  })
  signal?.addEventListener('abort', finish, { once: true })
  if (signal?.aborted) finish()

  function finish() {
    clearTimeout(timer)
    stopListening()
    signal?.removeEventListener('abort', finish)
    resolve()
  }
  return { arrived, cancel: finish }
}
