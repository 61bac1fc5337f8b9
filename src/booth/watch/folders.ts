// Which folder is watched and which is written to, and what in the first one is worth a look by its name.
import { realpathSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { basename, extname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { AppError } from '../../errors.ts'

export interface Folders {
  watched: string
  output: string
  /** The output folder lies inside the watched one: what is in there was made here. */
  isNested: boolean
}

/** Makes the output folder where it is missing. @throws AppError invalid_usage */
export async function prepareFolders(watchedPath: string, outputPath: string): Promise<Folders> {
  const isFolder = await stat(watchedPath).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder)
    throw new AppError('invalid_usage', { message: `There is no folder ${resolve(watchedPath)}.` })
  try {
    await mkdir(outputPath, { recursive: true })
  } catch (cause) {
    throw new AppError('invalid_usage', { message: `The folder ${outputPath} cannot be made.`, cause })
  }
  // Resolved by the system: through links, and on Windows whatever the case.
  const watched = realpathSync.native(watchedPath)
  const output = realpathSync.native(outputPath)
  if (watched === output) {
    throw new AppError('invalid_usage', {
      message:
        '--out must be another folder than the watched one, or the pictures would be taken for photos.',
    })
  }
  return { watched, output, isNested: isInside(watched, output) }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

export const isOfOutput = ({ output, isNested }: Folders, path: string) =>
  isNested && (path === output || isInside(output, path))

/** Below the watched folder, the same on every system. */
export const toName = ({ watched }: Folders, path: string) => relative(watched, path).split(sep).join('/')

export const toPath = ({ watched }: Folders, name: string) => join(watched, ...name.split('/'))

const photoExtensions = new Set(['.jpg', '.jpeg', '.png', '.webp', '.heic', '.heif'])
const partialExtensions = new Set([
  '.part',
  '.partial',
  '.tmp',
  '.temp',
  '.crdownload',
  '.download',
  '.filepart',
])

export function judgeName(path: string): 'photo' | 'hidden' | 'partial' | 'other' {
  const name = basename(path)
  if (/^(\.|~\$|thumbs\.db$|desktop\.ini$)/i.test(name)) return 'hidden'
  const extension = extname(name).toLowerCase()
  if (photoExtensions.has(extension)) return 'photo'
  return partialExtensions.has(extension) || name.endsWith('~') ? 'partial' : 'other'
}
