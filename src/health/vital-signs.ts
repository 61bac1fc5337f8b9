// What a process that serves or works does for the overview while it runs: it says that it lives, and notes the jobs
// that it has taken in or ended.
import type { Database } from '../db/database.ts'
import type { Log } from '../lib/log.ts'
import type { Sightings } from './sightings.ts'
import { beatEveryMs, type WorkerLife, type Workers } from './workers.ts'

const collectMs = 300

interface VitalDeps {
  db: Pick<Database, 'listen'>
  workers: Workers
  sightings: Pick<Sightings, 'note'>
  log: Log
}

export interface VitalSigns {
  /** Writes what is still to be noted, and says goodbye. */
  stop(): Promise<void>
}

export function startVitalSigns({ db, workers, sightings, log }: VitalDeps, life: WorkerLife): VitalSigns {
  const worker = workers.enlist(life)
  const queued = new Set<string>()
  const ended = new Set<string>()
  let collecting: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  const quietly = async (work: Promise<void>, what: string) => {
    try {
      await work
    } catch (error) {
      log.warn({ err: error }, what) // The next one tries again; only the overview lacks it.
    }
  }

  function write() {
    clearTimeout(collecting)
    collecting = undefined
    const noted = { queued: [...queued], ended: [...ended] }
    queued.clear()
    ended.clear()
    writing = writing.then(() => quietly(sightings.note(noted), 'health.not_noted'))
    return writing
  }

  function note(into: Set<string>, id: string | undefined, isOwn: boolean | undefined) {
    if (id === undefined || !isOwn) return // Another process's job, which that process notes.
    into.add(id)
    collecting ??= setTimeout(write, collectMs)
  }

  const stopListening = [
    db.listen('job.queued', (id, isOwn) => note(queued, id, isOwn)),
    db.listen('job.finalized', (id, isOwn) => note(ended, id, isOwn)),
  ]
  let beating = quietly(worker.beat(), 'health.no_beat')
  const timer = setInterval(() => {
    beating = beating.then(() => quietly(worker.beat(), 'health.no_beat'))
  }, beatEveryMs)

  return {
    async stop() {
      clearInterval(timer)
      for (const stop of stopListening) stop()
      await beating
      await write()
      await quietly(worker.end(), 'health.no_goodbye')
    },
  }
}
