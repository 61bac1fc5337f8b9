// What is left on the disk.
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { MediaStore } from '../../src/storage/store.ts'

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

const elsewhere = new Map<string, Pick<MediaStore, 'list'>>()

/** From now on the pictures of this data directory are looked for in `store`. */
export function keepMediaIn(dataDir: string, store: Pick<MediaStore, 'list'>): void {
  elsewhere.set(dataDir, store)
}

/** Every file in the media store of a data directory, and what is unfinished as `tmp/…`. */
export async function listMedia(dataDir: string): Promise<string[]> {
  const store = elsewhere.get(dataDir)
  if (!store) return listFiles(join(dataDir, 'media'))
  const keys: string[] = []
  for await (const { key } of store.list('')) keys.push(key)
  const unfinished = await listFiles(join(dataDir, 'tmp'))
  return [...keys, ...unfinished.map((name) => `tmp/${name}`)].sort()
}
