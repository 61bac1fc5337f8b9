// The pictures of an edit: the photo, then the templates, all made anew, as vendors refuse rare colour modes.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import type { LocalPicture, Task } from '../provider.ts'
import { prepareForVendor, type VendorPhoto } from '../vendor-photo.ts'
import type { FormImage } from './form.ts'

/** Larger pictures cost time and tokens, and the models scale them down to less. */
const maxEdgePx = 2048

/** The vendor takes no more, the photo included. */
const maxImages = 16

/** @throws AppError bad_input; `signal.reason` */
export async function prepareImages(
  { photo, templates, scratchDir, signal }: Task,
  templateKeys: readonly string[],
): Promise<{ photo: VendorPhoto; images: FormImage[] }> {
  if (templateKeys.length >= maxImages) {
    throw new AppError('bad_input', { message: `The provider takes at most ${maxImages - 1} templates.` })
  }
  const prepared = await prepareForVendor(photo, join(scratchDir, 'vendor-photo.jpg'), { maxEdgePx })
  const images = [await toFormImage(prepared, 'photo.jpg')]
  for (const key of templateKeys) {
    signal.throwIfAborted()
    const template = templates[key]
    if (!template) throw new AppError('bad_input', { message: `The template "${key}" is missing.` })
    images.push(await prepareTemplate(template, key, scratchDir))
  }
  signal.throwIfAborted()
  return { photo: prepared, images }
}

async function prepareTemplate(template: LocalPicture, key: string, scratchDir: string): Promise<FormImage> {
  try {
    const picture = await prepareForVendor(template, join(scratchDir, `vendor-${key}.jpg`), { maxEdgePx })
    return await toFormImage(picture, `${key}.jpg`)
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause
    throw new AppError('bad_input', { message: `The template "${key}" cannot be read.`, cause })
  }
}

const toFormImage = async ({ path, mime }: LocalPicture, fileName: string): Promise<FormImage> => ({
  fileName,
  mime,
  bytes: await readFile(path),
})
