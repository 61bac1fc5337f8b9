// Uploads and attempts that a killed process has left in the scratch folder.
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

// Another process may be writing there now; no upload takes this long.
const staleMs = 10 * 60_000

interface ScratchOptions {
  now: number
  /** Of these job ids, those whose job is final. */
  listFinal(jobIds: string[]): Promise<Set<string>>
}

/**
 * An attempt's folder (`<job_id>.<attempt>`) goes when its job is final, anything else when it is old.
 * Returns how many files and folders were removed.
 */
export async function sweepScratch(scratchDir: string, { now, listFinal }: ScratchOptions): Promise<number> {
  const names = await readdir(scratchDir)
  const jobIdOf = (name: string) => name.slice(0, name.lastIndexOf('.'))
  const final = await listFinal(names.map(jobIdOf))
  let removed = 0
  for (const name of names) {
    const path = join(scratchDir, name)
    const info = await stat(path).catch(() => undefined) // Its owner may just have removed it.
    const isStale = info !== undefined && info.mtimeMs <= now - staleMs
    const isLeftOver = info?.isDirectory() === true && final.has(jobIdOf(name))
    if (!isStale && !isLeftOver) continue
    await rm(path, { recursive: true, force: true })
    removed += 1
  }
  return removed
}
