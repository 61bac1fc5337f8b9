// Photo and reference pictures at public addresses, from which Turbotext fetches them.
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import type { LocalPicture, Task } from '../provider.ts'
import { prepareForVendor } from '../vendor-photo.ts'

const maxEdgePx = 2048

export interface PublishedInputs {
  photoUrl: string
  /** In the order of `templateKeys`. */
  referenceUrls: string[]
}

/** @throws AppError bad_input when a template is missing or a picture cannot be read */
export async function publishInputs(task: Task, templateKeys: readonly string[]): Promise<PublishedInputs> {
  const references = templateKeys.map((key) => {
    const picture = task.templates[key]
    if (!picture) throw new AppError('bad_input', { message: `The template "${key}" is missing.` })
    return { key, picture }
  })
  // One after the other: a failure must leave nothing behind that is still writing.
  const photoUrl = await publishCopy(task.photo, 'photo', task)
  const referenceUrls: string[] = []
  for (const { key, picture } of references) referenceUrls.push(await publishTemplate(picture, key, task))
  return { photoUrl, referenceUrls }
}

async function publishTemplate(picture: LocalPicture, key: string, task: Task): Promise<string> {
  try {
    return await publishCopy(picture, `template-${key}`, task)
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code !== 'bad_input') throw cause
    throw new AppError('bad_input', { message: `The template "${key}" cannot be read.`, cause })
  }
}

async function publishCopy(picture: LocalPicture, name: string, task: Task): Promise<string> {
  const targetPath = join(task.scratchDir, `turbotext-${name}.jpg`)
  const copy = await prepareForVendor(picture, targetPath, { maxEdgePx })
  task.signal.throwIfAborted()
  return task.publish({ path: copy.path, mime: copy.mime })
}
