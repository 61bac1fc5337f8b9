// A picture made by an effect of the local provider without server, database or queue, for commands on a booth's
// computer. Part of the composition root; commands load it late, because most of them look at no picture.
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError } from './errors.ts'
import { syncFile } from './lib/sync.ts'
import { decodeHeic } from './media/heic.ts'
import { defaultImageLimits, inspectImage } from './media/image.ts'
import { createLocalProvider } from './providers/local/local.ts'
import { effectNames } from './providers/local/settings.ts'

export interface OfflineWish {
  photoPath: string
  /** One of `effectNames`; undefined only saves the photo in another format. */
  effect?: string | undefined
  format: 'jpeg' | 'png' | 'webp'
  /** Appears whole or not at all, and replaces what is there. */
  targetPath: string
  signal: AbortSignal
}

/** @throws AppError invalid_usage that lists the effects */
export function assertEffect(name: string): void {
  if (effectNames.some((known) => known === name)) return
  throw new AppError('invalid_usage', {
    message: `There is no effect "${name}". There are: ${effectNames.join(', ')}.`,
  })
}

/** @throws AppError invalid_request, unsupported_media_type or bad_input for the photo; storage_unavailable; the signal's reason */
export async function makeOfflinePicture(wish: OfflineWish): Promise<void> {
  const { photoPath, effect, format, targetPath, signal } = wish
  const { mime } = await inspectImage(photoPath, defaultImageLimits)
  // Beside the target, so that the last step is a rename within one disk.
  const scratchDir = await mkdtemp(join(dirname(targetPath), `.${basename(targetPath)}-`)).catch(toDiskError)
  try {
    const photo = { path: photoPath, mime: mime as string }
    if (mime === 'image/heic' || mime === 'image/heif') {
      photo.path = join(scratchDir, 'decoded.jpg')
      photo.mime = 'image/jpeg'
      await decodeHeic(photoPath, photo.path, signal)
    }
    const { filter } = createLocalProvider().operations
    if (!filter) throw new Error('The local provider has no operation "filter".')
    const look = effect === undefined ? { effect: effectNames[0], strength: 0 } : { effect }
    const picture = await filter.run({
      jobId: 'offline',
      photo,
      settings: filter.settings.parse({ ...look, format }),
      templates: {},
      createdAt: Date.now(),
      shareUrl: '',
      ownerUrl: '',
      deadline: Number.MAX_SAFE_INTEGER,
      scratchDir,
      signal,
      reference: undefined,
      saveReference: async () => undefined,
      publish: async () => '',
    })
    await putInPlace(picture.path, targetPath).catch(toDiskError)
  } finally {
    await rm(scratchDir, { recursive: true, force: true })
  }
}

async function putInPlace(path: string, targetPath: string): Promise<void> {
  await syncFile(path)
  await rename(path, targetPath)
}

function toDiskError(cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause)
  throw new AppError('storage_unavailable', { message: `The picture cannot be saved: ${reason}.`, cause })
}
