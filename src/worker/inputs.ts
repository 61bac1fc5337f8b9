// The files that a provider works on, as local paths: the photo, decoded where the provider cannot, and the templates.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import type { Job } from '../jobs/job.ts'
import { decodeHeic } from '../media/heic.ts'
import type { LocalPicture } from '../providers/provider.ts'
import type { LocalCopy, MediaStore } from '../storage/store.ts'

export interface JobInputs {
  /** Decoded once, and only when somebody needs it. @throws AppError bad_input */
  photoFor(accepts: readonly string[], signal: AbortSignal): Promise<LocalPicture>
  templates: Record<string, LocalPicture>
  /** A folder of its own for each call, so that two at once do not write over each other. */
  scratchDir(name: string): Promise<string>
  release(): Promise<void>
}

/** `folder` is made when it is needed; the caller removes it. @throws AppError bad_input when a file is gone */
export async function openInputs(store: MediaStore, job: Job, folder: string): Promise<JobInputs> {
  const copies: LocalCopy[] = []
  const release = async () => {
    await Promise.all(copies.map((copy) => copy.release()))
  }
  async function open({ path, mime }: LocalPicture, what: string): Promise<LocalPicture> {
    const copy = await store.localCopy(path)
    if (!copy) throw new AppError('bad_input', { message: `The ${what} is no longer there.` })
    copies.push(copy)
    return { path: copy.path, mime }
  }

  /** At once, for a store in the network; all have ended before one that failed is reported. */
  async function openAll() {
    const opening = [
      open(job.payload, 'photo'),
      ...Object.entries(job.slot.templates).map(([key, template]) => open(template, `template "${key}"`)),
    ]
    await Promise.allSettled(opening)
    const [photo, ...templates] = await Promise.all(opening)
    if (!photo) throw new Error('unreachable: the photo is the first')
    const keys = Object.keys(job.slot.templates)
    const entries = templates.map((template, at): [string, LocalPicture] => [keys[at] ?? '', template])
    return { photo, templates: Object.fromEntries(entries) }
  }

  try {
    const { photo, templates } = await openAll()
    let decoding: Promise<LocalPicture> | undefined
    const makeFolder = (path: string) => mkdir(path, { recursive: true, mode: 0o700 })
    const decode = async (signal: AbortSignal) => {
      await makeFolder(folder)
      const path = join(folder, 'decoded.jpg')
      await decodeHeic(photo.path, path, signal)
      return { path, mime: 'image/jpeg' }
    }
    return {
      templates,
      release,
      async photoFor(accepts, signal) {
        if (accepts.includes(photo.mime)) return photo
        decoding ??= decode(signal)
        return decoding
      },
      async scratchDir(name) {
        const path = join(folder, name)
        await makeFolder(path)
        return path
      },
    }
  } catch (error) {
    await release()
    throw error
  }
}
