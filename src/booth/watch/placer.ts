// Puts finished pictures into the output folder: whole, each once, and never over another one.
// A complete picture has a hidden name first; the rename to its own name is what makes it published.
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, extname, join, posix } from 'node:path'
import { AppError } from '../../errors.ts'
import { syncFile, syncFolder } from '../../lib/sync.ts'
import { checksumOf } from '../../media/checksum.ts'
import { defaultImageLimits, inspectImage } from '../../media/image.ts'
import type { Journal, PhotoState } from './journal.ts'

const prefix = '.photochanger-'
const standInMark = '-stand-in'

export const journalName = `${prefix}watch.jsonl`
export const lockName = `${prefix}watch.lock`

export type Placer = ReturnType<typeof createPlacer>

export function createPlacer(folder: string, journal: Journal) {
  const unplaced = new Map<string, string>()
  let last: Promise<unknown> = Promise.resolve()
  /** One after the other, so that two pictures never find the same name free. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work).catch((cause: unknown) => {
      if (cause instanceof AppError) throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new AppError('storage_unavailable', { message: `The picture cannot be saved: ${reason}.`, cause })
    })
    last = done.catch(() => undefined)
    return done
  }
  const at = (name: string) => join(folder, ...name.split('/'))

  async function publish(sha1: string, temporary: string, output: string): Promise<void> {
    await rename(at(temporary), at(output))
    await syncFolder(dirname(at(output)))
    await journal.append({ event: 'done', sha1 })
  }

  async function announce(photo: PhotoState, temporary: string, standIn: string | undefined) {
    const pictureSha1 = await checksumOf(at(temporary), 'sha1')
    const output = await findFreeName(photo.path, extname(temporary))
    await journal.append({ event: 'placing', sha1: photo.sha1, temporary, output, pictureSha1, standIn })
    return output
  }

  async function findFreeName(photoName: string, extension: string): Promise<string> {
    const { dir, name } = posix.parse(photoName)
    if (dir !== '') await mkdir(at(dir), { recursive: true })
    for (let count = 1; ; count += 1) {
      const free = posix.join(dir, `${name}${count === 1 ? '' : `-${count}`}${extension}`)
      if (!(await exists(at(free)))) return free
    }
  }

  return {
    /** Where a picture of the photo is to be saved before `place`. */
    temporaryFor: (sha1: string, extension: string) => `${prefix}${sha1}.${extension}`,
    standInFor: (sha1: string, extension: string) => `${prefix}${sha1}${standInMark}.${extension}`,
    pathOf: at,

    /** A whole picture that a crash has left unpublished. */
    async takeUnplaced(sha1: string): Promise<string | undefined> {
      const name = unplaced.get(sha1)
      if (name === undefined || !unplaced.delete(sha1)) return undefined
      return await inspectImage(at(name), defaultImageLimits).then(
        () => name,
        () => undefined,
      )
    },

    /** Resolves with the picture's name in the output folder. @throws AppError storage_unavailable */
    place: (photo: PhotoState, temporary: string, standIn?: string): Promise<string> =>
      inTurn(async () => {
        await syncFile(at(temporary))
        await syncFolder(folder)
        const output = await announce(photo, temporary, standIn)
        await publish(photo.sha1, temporary, output)
        return output
      }),

    /** Finishes what a crash has interrupted, and removes what it has left behind. */
    recover: (): Promise<void> =>
      inTurn(async () => {
        for (const photo of journal.list()) {
          const { state, placing } = photo
          if (state !== 'placing' || placing === undefined) continue
          if (!(await exists(at(placing.temporary)))) {
            await journal.append({ event: 'done', sha1: photo.sha1 })
            continue
          }
          const isTaken = await isAnother(at(placing.output), placing.pictureSha1)
          const output = isTaken ? await announce(photo, placing.temporary, placing.standIn) : placing.output
          await publish(photo.sha1, placing.temporary, output)
        }
        for (const name of await readdir(folder)) {
          const isOurs = name.startsWith(prefix) || name.startsWith(`.${prefix}`)
          if (!isOurs || name === journalName || name === lockName) continue
          const sha1 = pictureName.exec(name)?.[1] ?? ''
          if (journal.findPhoto(sha1)?.state === 'queued') unplaced.set(sha1, name)
          else await rm(at(name), { recursive: true, force: true })
        }
      }),
  }
}

const pictureName = /^\.photochanger-([0-9a-f]{40})\.[a-z]+$/

const exists = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  )

async function isAnother(path: string, sha1: string): Promise<boolean> {
  return (await exists(path)) && (await checksumOf(path, 'sha1').catch(() => '')) !== sha1
}
