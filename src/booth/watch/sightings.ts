// Tells which files a folder has and which come: by the system's notices, and by looking, because notices get lost.
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { watch } from 'chokidar'
import { type Folders, isOfOutput } from './folders.ts'

export interface SightingOptions {
  settleMs: number
  /** For network shares, which give no notice. */
  poll: boolean
  recursive: boolean
}

interface Sightings {
  onFile(path: string): void
  onError(error: unknown): void
}

/** Resolves when the notices have begun: whatever comes later is told, what was there before is not. */
export async function followFolder(
  folders: Folders,
  { settleMs, poll, recursive }: SightingOptions,
  { onFile, onError }: Sightings,
): Promise<{ close(): Promise<void> }> {
  const watcher = watch(folders.watched, {
    ignoreInitial: true,
    ignored: (path) =>
      path !== folders.watched && (basename(path).startsWith('.') || isOfOutput(folders, path)),
    awaitWriteFinish: { stabilityThreshold: settleMs, pollInterval: Math.min(100, settleMs) },
    usePolling: poll,
    interval: 500,
    binaryInterval: 500,
    ...(recursive ? {} : { depth: 0 }),
  })
  watcher.on('add', onFile).on('change', onFile).on('error', onError)
  await new Promise<void>((resolve) => watcher.once('ready', resolve))
  return { close: () => watcher.close() }
}

/** All files, without those of the output folder and of hidden folders. @throws the system's error */
export async function listFiles(folders: Folders, recursive: boolean): Promise<string[]> {
  const found: string[] = []
  const waiting = [folders.watched]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (!entry.isDirectory()) found.push(path)
      else if (recursive && !entry.name.startsWith('.') && !isOfOutput(folders, path)) waiting.push(path)
    }
  }
  return found.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}
