// What a watcher tells about its photos, for whoever shows it.

export type WatchEvent =
  | { event: 'queued'; photo: string; isRetry: boolean }
  | { event: 'duplicate'; photo: string; of: string }
  | { event: 'ignored'; photo: string; reason: string }
  /** Waits for the rest of the file. */
  | { event: 'incomplete'; photo: string; reason: string }
  | { event: 'retrying'; photo: string; code: string; reason: string; inMs: number }
  | { event: 'done'; photo: string; output: string; jobId?: string | undefined; tookMs: number }
  | { event: 'stood_in'; photo: string; output: string; standIn: string; code: string; reason: string }
  | { event: 'failed'; photo: string; code: string; reason: string }
  /** Of the watching itself, such as a network share that is away. */
  | { event: 'trouble'; reason: string }

export interface Totals {
  waiting: number
  working: number
  done: number
  stoodIn: number
  failed: number
  duplicates: number
  ignored: number
  incomplete: number
}

export type Tell = (event: WatchEvent) => void

/** Counts what it is told; `waiting` and `working` are kept by whoever moves the photos. */
export function createTotals(): { totals: Totals; count: Tell } {
  const totals: Totals = {
    waiting: 0,
    working: 0,
    done: 0,
    stoodIn: 0,
    failed: 0,
    duplicates: 0,
    ignored: 0,
    incomplete: 0,
  }
  const keys = {
    done: 'done',
    stood_in: 'stoodIn',
    failed: 'failed',
    duplicate: 'duplicates',
    ignored: 'ignored',
    incomplete: 'incomplete',
  } as const
  return {
    totals,
    count({ event }) {
      const key = keys[event as keyof typeof keys]
      if (key !== undefined) totals[key] += 1
    },
  }
}
