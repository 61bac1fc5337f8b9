// What is left on the disk.
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** Every file below the folder, as sorted relative paths. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error) => {
    // A folder that went away while it was read: look again.
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
  if (!entries) return listFiles(folder)
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}

/** Every file in the media store of a data directory. */
export const listMedia = (dataDir: string): Promise<string[]> => listFiles(join(dataDir, 'media'))
