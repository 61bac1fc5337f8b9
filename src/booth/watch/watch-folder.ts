// A folder of photos in, a folder of pictures out: notices, looks, queue and lanes put together. It prints nothing.
import { createTotals, type Totals, type WatchEvent } from './events.ts'
import { lockFolder } from './folder-lock.ts'
import { type Folders, toPath } from './folders.ts'
import { createIntake } from './intake.ts'
import { openJournal, type PhotoState } from './journal.ts'
import { type MakeDeps, makePicture } from './make-picture.ts'
import { createPlacer, journalName, lockName } from './placer.ts'
import { followFolder, listFiles, type SightingOptions } from './sightings.ts'

export interface FolderWatch
  extends SightingOptions,
    Pick<MakeDeps, 'send' | 'standIn' | 'timeoutMs' | 'withinMs' | 'maxTries'> {
  folders: Folders
  concurrency: number
  /** Ends when everything that is there has been worked on. */
  once: boolean
  retryFailed: boolean
  /** How often the folder is looked through, whatever the system tells. */
  rescanMs: number
  /** Photos under way are finished, and nothing new is begun. */
  signal: AbortSignal
  /** `failedBefore`: of earlier runs, still without a picture. */
  onReady?(failedBefore: readonly PhotoState[]): void
  onEvent(event: WatchEvent, totals: Totals): void
  onTotals?(totals: Totals): void
}

/**
 * Resolves after `once` or the signal. @throws AppError invalid_usage when the folder is taken or the server takes no
 * photo at all, storage_unavailable when the journal cannot be written; the photos stay queued
 */
export async function watchFolder(watch: FolderWatch): Promise<Totals> {
  const { folders } = watch
  const lock = await lockFolder(`${folders.output}/${lockName}`)
  try {
    const journal = await openJournal(`${folders.output}/${journalName}`)
    try {
      return await run(watch, journal)
    } finally {
      await journal.close()
    }
  } finally {
    await lock.release()
  }
}

async function run(watch: FolderWatch, journal: Awaited<ReturnType<typeof openJournal>>): Promise<Totals> {
  const { folders } = watch
  const placer = createPlacer(folders.output, journal)
  await placer.recover()

  const { totals, count } = createTotals()
  const tell = (event: WatchEvent) => {
    count(event)
    update(event)
  }
  const update = (event: WatchEvent) => {
    move()
    watch.onEvent(event, totals)
  }
  const move = () => {
    totals.waiting = line.size
    totals.working = busy.size
    watch.onTotals?.(totals)
  }
  const line = new Map<string, PhotoState>()
  const busy = new Set<string>()
  const again = new Set<string>()
  const memory = { hasWorked: false }
  const ending = new AbortController()
  let broken: { error: unknown } | undefined
  const onBroken = (error: unknown) => {
    broken ??= { error }
    ending.abort()
  }
  const stopping = AbortSignal.any([watch.signal, ending.signal])
  const lanes = new Set<Promise<void>>()
  let wake: () => void = () => undefined

  const intake = createIntake({
    folders,
    journal,
    settleMs: watch.settleMs,
    retryFailed: watch.retryFailed,
    tell,
    onBroken,
    onPhoto(photo) {
      if (line.has(photo.sha1) || busy.has(photo.sha1)) return
      line.set(photo.sha1, photo)
      update({ event: 'queued', photo: photo.path, isRetry: photo.round > 1 })
      startLanes()
    },
  })

  function startLanes(): void {
    while (lanes.size < watch.concurrency && line.size > 0 && !stopping.aborted) {
      const [sha1, photo] = line.entries().next().value ?? []
      if (sha1 === undefined || photo === undefined) return
      line.delete(sha1)
      busy.add(sha1)
      const lane = work(photo)
        .catch(onBroken)
        .finally(() => {
          lanes.delete(lane)
          busy.delete(sha1)
          if (again.delete(sha1)) intake.offer(toPath(folders, photo.path))
          startLanes()
          move()
          wake()
        })
      lanes.add(lane)
    }
  }

  async function work(photo: PhotoState): Promise<void> {
    const end = await makePicture({ ...watch, journal, placer, tell, stopping }, photo, memory)
    if (end === 'changed') again.add(photo.sha1)
    if (end === 'stopped') line.set(photo.sha1, photo) // Only to be counted: no lane starts any more.
  }

  let isAway = false
  async function rescan(): Promise<void> {
    try {
      for (const path of await listFiles(folders, watch.recursive)) intake.offer(path)
      for (const photo of journal.list()) {
        // Its file may be gone, which the lane will find and say.
        if (photo.state === 'queued') intake.offer(toPath(folders, photo.path))
      }
      isAway = false
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (!isAway) tell({ event: 'trouble', reason: `The folder cannot be read: ${reason}` })
      isAway = true
    }
  }

  const onError = (error: unknown) => {
    tell({ event: 'trouble', reason: error instanceof Error ? error.message : String(error) })
  }
  const notices = watch.once
    ? undefined
    : await followFolder(folders, watch, { onFile: intake.offer, onError })
  const stopped = new Promise<void>((resolve) => {
    if (stopping.aborted) resolve()
    stopping.addEventListener('abort', () => resolve(), { once: true })
  })
  const repeat = setInterval(() => void rescan(), watch.once ? 60_000 : watch.rescanMs)
  try {
    watch.onReady?.(journal.list().filter(({ state }) => state === 'failed'))
    await rescan()
    if (watch.once) await Promise.race([stopped, untilIdle()])
    else await stopped
  } finally {
    ending.abort()
    clearInterval(repeat)
    await notices?.close()
    await intake.close()
    await Promise.all(lanes)
  }
  if (broken) throw broken.error
  totals.waiting = line.size
  totals.working = 0
  return totals

  async function untilIdle(): Promise<void> {
    for (;;) {
      if (intake.isIdle() && line.size === 0 && lanes.size === 0) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 50)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}
