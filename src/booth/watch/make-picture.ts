// One photo of the queue until it has its picture, its stand-in, or has failed for good.
import { AppError } from '../../errors.ts'
import { sleep } from '../../lib/abort.ts'
import type { PhotoAnswer } from '../post-photo.ts'
import { inspectPhoto, type PhotoFacts } from '../request.ts'
import { toExtension } from '../target.ts'
import type { Tell } from './events.ts'
import { isSameFile, look } from './examine.ts'
import { type Folders, toPath } from './folders.ts'
import type { Journal, PhotoState } from './journal.ts'
import type { Placer } from './placer.ts'
import { judgeAnswer, judgeError, pauseMs, type Setback } from './verdict.ts'

export interface PhotoSending {
  photoPath: string
  facts: PhotoFacts
  timeoutMs: number
  idempotencyKey: string
  saveAs(contentType: string): string
}

export interface MakeDeps {
  folders: Folders
  journal: Journal
  placer: Placer
  tell: Tell
  send(sending: PhotoSending): Promise<PhotoAnswer>
  standIn?: StandInMaker | undefined
  /** For one answer. */
  timeoutMs: number
  /** From the first try on. */
  withinMs: number
  /** Of those that the server took and could not make a picture of. */
  maxTries: number
  /** Ends the pauses; what is under way is finished. */
  stopping: AbortSignal
}

export interface StandInMaker {
  name: string
  /** Without the dot. */
  extensionFor(photoPath: string): string
  make(photoPath: string, targetPath: string): Promise<void>
}

/** @throws AppError when the server takes no photo of this program at all; the photo stays queued. */
export async function makePicture(
  deps: MakeDeps,
  photo: PhotoState,
  memory: { hasWorked: boolean },
): Promise<'finished' | 'changed' | 'stopped'> {
  const { folders, journal, placer, tell } = deps
  const startedAt = performance.now()
  const left = await placer.takeUnplaced(photo.sha1)
  if (left !== undefined) {
    const output = await placer.place(photo, left)
    tell({ event: 'done', photo: photo.path, output, tookMs: performance.now() - startedAt })
    return 'finished'
  }
  const photoPath = toPath(folders, photo.path)
  const facts = await readFacts(photoPath, photo)
  if (facts === 'changed') return 'changed'
  if (facts === 'gone') {
    await fail({ code: 'photo_gone', message: 'The photo was removed before its picture was made.' })
    return 'finished'
  }

  const giveUpAt = startedAt + deps.withinMs
  for (let tries = 1; ; tries += 1) {
    if (deps.stopping.aborted) return 'stopped'
    const setback = await tryOnce(photoPath, facts, giveUpAt)
    if (setback === undefined) return 'finished'
    if (setback.next === 'stop') throw new AppError('invalid_usage', { message: setback.message })
    const waitMs = pauseMs(tries, setback.retryAfterMs)
    const isLast =
      setback.next === 'never' ||
      (setback.next === 'a-few-times' && tries >= deps.maxTries) ||
      performance.now() + waitMs >= giveUpAt
    if (isLast) {
      await giveUp(photoPath, setback)
      return 'finished'
    }
    const { code, message: reason } = setback
    tell({ event: 'retrying', photo: photo.path, code, reason, inMs: waitMs })
    await sleep(waitMs, deps.stopping)
  }

  async function tryOnce(path: string, photoFacts: PhotoFacts, until: number): Promise<Setback | undefined> {
    let temporary = ''
    let answer: PhotoAnswer
    try {
      answer = await deps.send({
        photoPath: path,
        facts: photoFacts,
        timeoutMs: Math.max(1, Math.min(deps.timeoutMs, until - performance.now())),
        // A sending whose answer was lost joins its own job; a photo that is tried anew on request does not.
        idempotencyKey: `${journal.id}-${photo.sha1}-${photo.round}`,
        saveAs(contentType) {
          temporary = placer.temporaryFor(photo.sha1, toExtension(contentType))
          return placer.pathOf(temporary)
        },
      })
      const setback = judgeAnswer(answer, memory.hasWorked)
      if (setback !== undefined) return setback
      memory.hasWorked = true
      const output = await placer.place(photo, temporary)
      const tookMs = performance.now() - startedAt
      tell({ event: 'done', photo: photo.path, output, jobId: answer.jobId, tookMs })
      return undefined
    } catch (error) {
      return judgeError(error)
    }
  }

  async function giveUp(path: string, setback: Setback): Promise<void> {
    const { standIn } = deps
    if (standIn === undefined) return await fail(setback)
    const temporary = placer.standInFor(photo.sha1, standIn.extensionFor(path))
    try {
      await standIn.make(path, placer.pathOf(temporary))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return await fail({ code: setback.code, message: `${setback.message} No stand-in: ${error.message}` })
    }
    const output = await placer.place(photo, temporary, standIn.name)
    const { code, message: reason } = setback
    tell({ event: 'stood_in', photo: photo.path, output, standIn: standIn.name, code, reason })
  }

  async function fail({ code, message }: { code: string; message: string }): Promise<void> {
    await journal.append({ event: 'failed', sha1: photo.sha1, code, message })
    tell({ event: 'failed', photo: photo.path, code, reason: message })
  }
}

/** The booth may have saved another picture under the name since it was looked at. */
async function readFacts(path: string, photo: PhotoState): Promise<PhotoFacts | 'gone' | 'changed'> {
  const seen = await look(path, photo.path)
  if (seen === undefined) return 'gone'
  try {
    const facts = await inspectPhoto(path)
    const isSame = facts.sha1 === photo.sha1 && isSameFile(seen, await look(path, photo.path))
    return isSame ? facts : 'changed'
  } catch (error) {
    if (error instanceof AppError) return 'changed'
    throw error
  }
}
