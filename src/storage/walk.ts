// The regular files below a folder, while others may be adding and removing some.
import type { Stats } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { unlessMissing } from './system-error.ts'

interface FoundFile {
  /** Relative to where the walk began, with `/`. */
  name: string
  info: Stats
}

/** Nothing when there is no such folder. `isWanted` is asked for every relative name, folders without their `/`. */
export async function* walkFiles(
  folder: string,
  isWanted: (name: string) => boolean = () => true,
  prefix = '',
): AsyncGenerator<FoundFile> {
  const entries = await unlessMissing(() => opendir(folder))
  if (!entries) return
  for await (const entry of entries) {
    const name = prefix + entry.name
    if (!isWanted(name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      yield* walkFiles(path, isWanted, `${name}/`)
      continue
    }
    const info = await unlessMissing(() => lstat(path))
    if (info?.isFile()) yield { name, info }
  }
}
