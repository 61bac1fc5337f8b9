// From a file that was noticed to a photo in the journal: whole, quiet, not yet known. One file at a time.
import type { Tell } from './events.ts'
import { examine, isSameFile, look } from './examine.ts'
import { type Folders, judgeName, toName, toPath } from './folders.ts'
import type { Journal, PhotoState, SeenFile } from './journal.ts'

interface IntakeDeps {
  folders: Folders
  journal: Journal
  settleMs: number
  retryFailed: boolean
  tell: Tell
  /** Hands on a photo that waits; may be told twice of the same one. */
  onPhoto(photo: PhotoState): void
  onBroken(error: unknown): void
}

export type Intake = ReturnType<typeof createIntake>

const reasons = { hidden: 'a hidden file', partial: 'an unfinished file', other: 'not a picture' }

export function createIntake(deps: IntakeDeps) {
  const { folders, journal, settleMs, tell } = deps
  const told = new Set<string>()
  const timers = new Map<string, NodeJS.Timeout>()
  /** How a file was at the last look that found it unfinished. */
  const unfinished = new Map<string, SeenFile>()
  const listed = new Set<string>()
  let looking: Promise<void> = Promise.resolve()
  let waitingLooks = 0
  let isClosed = false

  function offer(path: string): void {
    if (isClosed || listed.has(path)) return
    clearTimeout(timers.get(path))
    timers.delete(path)
    listed.add(path)
    waitingLooks += 1
    looking = looking
      .then(async () => {
        listed.delete(path)
        if (!isClosed) await take(path)
      })
      .catch(deps.onBroken)
      .finally(() => {
        waitingLooks -= 1
      })
  }

  const lookAgain = (path: string) => {
    if (isClosed) return
    clearTimeout(timers.get(path))
    timers.set(
      path,
      setTimeout(() => offer(path), settleMs),
    )
  }

  function tellOnce(key: string, event: Parameters<Tell>[0]): void {
    if (told.has(key)) return
    told.add(key)
    tell(event)
  }

  async function take(path: string): Promise<void> {
    const name = toName(folders, path)
    const kind = judgeName(path)
    if (kind !== 'photo') {
      return tellOnce(name, { event: 'ignored', photo: name, reason: reasons[kind] })
    }
    const seen = await look(path, name)
    if (seen === undefined) {
      const missing = journal.list().find((photo) => photo.state === 'queued' && photo.path === name)
      if (missing) deps.onPhoto(missing) // To be said and entered by whoever works on it.
      return
    }
    const known = journal.findFile(seen)
    if (known) return await takeKnown(known)

    const before = unfinished.get(path)
    const isQuiet = Date.now() - seen.modifiedMs > settleMs || (before && isSameFile(seen, before))
    if (!isQuiet) {
      unfinished.set(path, seen)
      return lookAgain(path)
    }
    const finding = await examine(path, seen)
    if (finding.kind === 'gone') return
    if (finding.kind === 'unsettled') return lookAgain(path)
    if (finding.kind === 'incomplete') {
      if (before && isSameFile(seen, before)) {
        // Nobody writes to it at the moment. The next notice or look brings it back.
        return tellOnce(`${name} ${seen.sizeBytes}`, {
          event: 'incomplete',
          photo: name,
          reason: finding.message,
        })
      }
      unfinished.set(path, seen)
      return lookAgain(path)
    }
    unfinished.delete(path)
    if (finding.kind === 'other') {
      return tellOnce(name, { event: 'ignored', photo: name, reason: finding.message })
    }
    const { sha1 } = finding.facts
    const photo = await enter(sha1, seen)
    if (photo === undefined) return
    if (finding.kind === 'photo') return deps.onPhoto(photo)
    await journal.append({ event: 'failed', sha1, code: finding.code, message: finding.message })
    tell({ event: 'failed', photo: name, code: finding.code, reason: finding.message })
  }

  /** Undefined when there is nothing to do about this picture. */
  async function enter(sha1: string, seen: SeenFile): Promise<PhotoState | undefined> {
    if (journal.isOwnPicture(sha1) && journal.findPhoto(sha1) === undefined) {
      tellOnce(seen.path, { event: 'ignored', photo: seen.path, reason: 'a picture that was made here' })
      return undefined
    }
    const twin = journal.findPhoto(sha1)
    if (twin === undefined) return await queue(sha1, seen, 1)
    const isMoved = (await look(toPath(folders, twin.path), twin.path)) === undefined
    // Its only file has another name now.
    if (isMoved && (twin.state === 'queued' || twin.failure?.code === 'photo_gone'))
      return await queue(sha1, seen, twin.round)
    await journal.append({ event: 'seen', sha1, ...seen })
    if (twin.path === seen.path || isMoved) await takeKnown(twin)
    else tell({ event: 'duplicate', photo: seen.path, of: twin.path })
    return undefined
  }

  async function takeKnown(photo: PhotoState): Promise<void> {
    if (photo.state === 'queued') return deps.onPhoto(photo)
    if (photo.state !== 'failed' || !deps.retryFailed || told.has(`again ${photo.sha1}`)) return
    told.add(`again ${photo.sha1}`)
    const again = await queue(photo.sha1, photo, photo.round + 1)
    if (again) deps.onPhoto(again)
  }

  async function queue(sha1: string, seen: SeenFile, round: number): Promise<PhotoState | undefined> {
    const { path, sizeBytes, modifiedMs } = seen
    await journal.append({ event: 'queued', sha1, path, sizeBytes, modifiedMs, round })
    return journal.findPhoto(sha1)
  }

  return {
    offer,
    /** Nothing is being looked at, and nothing waits for its second look. */
    isIdle: () => waitingLooks === 0 && timers.size === 0,
    async close(): Promise<void> {
      isClosed = true
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
      await looking
    },
  }
}
