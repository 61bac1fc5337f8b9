// What a booth gets when the server gives no picture: an effect of this computer, or the photo as it is.
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, rename, rm } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'

/** `original`, or the name of an effect. */
export type StandIn = string

export const originalPhoto = 'original'

const formats = { '.jpg': 'jpeg', '.jpeg': 'jpeg', '.png': 'png', '.webp': 'webp' } as const

/** Undefined where this program cannot write such a file. */
export function toFormat(path: string): 'jpeg' | 'png' | 'webp' | undefined {
  return formats[extname(path).toLowerCase() as keyof typeof formats]
}

/** @throws AppError invalid_usage for an unknown effect */
export async function assertStandIn(standIn: StandIn): Promise<void> {
  if (standIn === originalPhoto) return
  const { assertEffect } = await import('../offline-picture.ts')
  assertEffect(standIn)
}

/** A hidden name beside `path`, so that what is made there can be renamed to it. */
export function besides(path: string): string {
  return join(dirname(path), `.photochanger-${randomUUID().slice(0, 8)}${extname(path)}`)
}

/** Writes `targetPath` in the format of its own name. @throws AppError when it cannot */
export async function makeStandIn(
  standIn: StandIn,
  { photoPath, targetPath, signal }: { photoPath: string; targetPath: string; signal: AbortSignal },
): Promise<void> {
  const format = toFormat(targetPath) ?? 'jpeg'
  const isOriginal = standIn === originalPhoto
  if (isOriginal && (toFormat(photoPath) === format || extname(photoPath) === extname(targetPath))) {
    const partial = besides(targetPath)
    try {
      await copyFile(photoPath, partial, constants.COPYFILE_FICLONE)
      await rename(partial, targetPath)
    } finally {
      await rm(partial, { force: true })
    }
    return
  }
  const { makeOfflinePicture } = await import('../offline-picture.ts')
  const effect = isOriginal ? undefined : standIn
  await makeOfflinePicture({ photoPath, effect, format, targetPath, signal })
}
