// The files that a provider works on, as local paths: the photo, decoded where the provider cannot, and the templates.
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import type { Job } from '../jobs/job.ts'
import { decodeHeic } from '../media/heic.ts'
import type { LocalPicture } from '../providers/provider.ts'
import type { LocalCopy, MediaStore } from '../storage/store.ts'

export interface Inputs {
  photo: LocalPicture
  templates: Record<string, LocalPicture>
  release(): Promise<void>
}

/** @throws AppError bad_input when a file is gone or cannot be decoded */
export async function openInputs(
  store: MediaStore,
  job: Job,
  accepts: readonly string[],
  scratchDir: string,
  signal: AbortSignal,
): Promise<Inputs> {
  const copies: LocalCopy[] = []
  const release = async () => {
    await Promise.all(copies.map((copy) => copy.release()))
  }
  async function open(path: string, what: string): Promise<string> {
    const copy = await store.localCopy(path)
    if (!copy) throw new AppError('bad_input', { message: `The ${what} is no longer there.` })
    copies.push(copy)
    return copy.path
  }

  try {
    const photo = { path: await open(job.payload.path, 'photo'), mime: job.payload.mime }
    if (!accepts.includes(photo.mime)) {
      const decoded = join(scratchDir, 'decoded.jpg')
      await decodeHeic(photo.path, decoded, signal)
      photo.path = decoded
      photo.mime = 'image/jpeg'
    }
    const templates: Record<string, LocalPicture> = {}
    for (const [key, { path, mime }] of Object.entries(job.slot.templates)) {
      templates[key] = { path: await open(path, `template "${key}"`), mime }
    }
    return { photo, templates, release }
  } catch (error) {
    await release()
    throw error
  }
}
