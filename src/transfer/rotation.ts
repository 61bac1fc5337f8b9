// Backups in a folder that the timetable fills: their names, and which of them go.
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

const pattern = /^photochanger-(\d{4})-(\d{2})-(\d{2})T(\d{2})-(\d{2})-(\d{2})Z\.zip$/
// A backup of another machine may be under way in the same folder.
const abandonedMs = 24 * 3_600_000

/** Sorts by time, and is a name everywhere. */
export const backupNameAt = (epochMs: number): string =>
  `photochanger-${new Date(epochMs).toISOString().slice(0, 19).replaceAll(':', '-')}Z.zip`

/** The newest last. */
export async function listBackups(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => pattern.test(name)).sort()
}

/** Keeps the newest, and removes what killed processes have left. Returns what was removed. */
export async function rotateBackups(folder: string, keep: number, now: number): Promise<string[]> {
  const removed = (await listBackups(folder)).slice(0, -keep)
  for (const name of await readdir(folder)) {
    const [whole = '', rest] = name.split('.partial')
    if (rest === undefined || !pattern.test(whole)) continue
    const info = await stat(join(folder, name)).catch(() => undefined) // Its owner may just have finished it.
    if (info && info.mtimeMs <= now - abandonedMs) removed.push(name)
  }
  for (const name of removed) await rm(join(folder, name), { force: true })
  return removed
}
