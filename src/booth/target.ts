// Where the picture of an answer goes: the name that the operator gave, or one made of photo and slot.
import { access, constants, stat } from 'node:fs/promises'
import { dirname, join, parse, resolve } from 'node:path'
import { AppError } from '../errors.ts'

interface Wish {
  photoPath: string
  slotId: string
  /** A file, or a folder that exists; the current folder when undefined. */
  output: string | undefined
}

/** Checks the folder at once: a picture that cannot be saved has cost a provider's call all the same. */
export async function prepareTarget({
  photoPath,
  slotId,
  output,
}: Wish): Promise<(contentType: string) => string> {
  const wanted = resolve(output ?? '.')
  const isFolder = await stat(wanted).then(
    (found) => found.isDirectory(),
    () => false,
  )
  const folder = isFolder ? wanted : dirname(wanted)
  await access(folder, constants.W_OK).catch((cause: unknown) => {
    throw new AppError('invalid_usage', {
      message: `The folder ${folder} is missing or cannot be written to.`,
      cause,
    })
  })
  if (wanted === resolve(photoPath)) {
    throw new AppError('invalid_usage', {
      message: 'The output would replace the photo itself. Name another file.',
    })
  }
  const name = `${parse(photoPath).name}-${encodeURIComponent(slotId)}`
  return (contentType) => (isFolder ? join(folder, `${name}.${toExtension(contentType)}`) : wanted)
}

export function toExtension(contentType: string): string {
  const subtype = /^image\/(png|webp|heic|heif|gif|avif)\b/i.exec(contentType)?.[1]
  return subtype?.toLowerCase() ?? 'jpg'
}
