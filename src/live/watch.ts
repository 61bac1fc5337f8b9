// Tells open pages that something has changed: one look for all of them, at most twice a second, whoever wrote it.
import type { Database } from '../db/database.ts'
import type { Log } from '../lib/log.ts'

const atMostEveryMs = 500
const lookAnywayMs = 5_000

export interface LiveState {
  queue: { waiting: number; running: number; oldestAgeMs: number }
  /** The last picture that is kept. */
  picture: string | undefined
  concerns: string
}

export interface Change {
  event: 'queue' | 'picture' | 'concerns'
  data: unknown
}

interface WatchDeps {
  db: Pick<Database, 'listen'>
  readState(): Promise<LiveState>
  log: Log
}

export type Watch = ReturnType<typeof createWatch>

export function createWatch({ db, readState, log }: WatchDeps) {
  const listeners = new Set<(changes: readonly Change[]) => void>()
  let last: LiveState | undefined
  let stop: (() => void) | undefined

  function start(): () => void {
    let pending: NodeJS.Timeout | undefined
    let looking = false
    const lookSoon = () => {
      pending ??= setTimeout(look, atMostEveryMs)
    }
    async function look() {
      pending = undefined
      if (looking) return lookSoon()
      looking = true
      try {
        const state = await readState()
        const changes = last ? listChanges(last, state) : []
        last = state
        if (changes.length > 0) for (const listener of listeners) listener(changes)
      } catch (error) {
        log.warn({ err: error }, 'live.look_failed') // The next announcement or the timer looks again.
      } finally {
        looking = false
      }
    }
    const timer = setInterval(lookSoon, lookAnywayMs)
    const endings = [db.listen('job.queued', lookSoon), db.listen('job.finalized', lookSoon)]
    void look()
    return () => {
      clearInterval(timer)
      clearTimeout(pending)
      for (const end of endings) end()
      last = undefined
    }
  }

  return {
    count: () => listeners.size,
    /** Returns the function that ends it. */
    subscribe(listener: (changes: readonly Change[]) => void): () => void {
      listeners.add(listener)
      stop ??= start()
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        stop?.()
        stop = undefined
      }
    },
  }
}

function listChanges(before: LiveState, now: LiveState): Change[] {
  const changes: Change[] = []
  const { waiting, running } = now.queue
  if (waiting !== before.queue.waiting || running !== before.queue.running)
    changes.push({ event: 'queue', data: { waiting, running, oldest_age_ms: now.queue.oldestAgeMs } })
  if (now.picture !== before.picture)
    changes.push({ event: 'picture', data: { job_id: now.picture ?? null } })
  if (now.concerns !== before.concerns) changes.push({ event: 'concerns', data: {} })
  return changes
}
